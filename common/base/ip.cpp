#include "base/ip.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace netports {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  if (copy.size() != std::strlen(copy.c_str())) return {};
  IpAddress address;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes_.data()) == 1) return address;
  sockaddr_storage storage{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, copy.c_str(), &v6.sin6_addr) == 1) return of(storage);
  return {};
}

std::optional<IpAddress> IpAddress::of(const sockaddr_storage& storage) {
  IpAddress address;
  if (storage.ss_family == AF_INET) {
    std::memcpy(address.bytes_.data(), &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, 4);
    return address;
  }
  if (storage.ss_family != AF_INET6) return {};
  const in6_addr& raw = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&raw)) {
    std::memcpy(address.bytes_.data(), raw.s6_addr + 12, 4);
    return address;
  }
  address.v6_ = true;
  std::memcpy(address.bytes_.data(), raw.s6_addr, 16);
  return address;
}

bool IpAddress::is_any() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
  if (!v6_) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

std::string IpAddress::text_with_port(std::uint16_t port) const {
  return v6_ ? fmt::format("[{}]:{}", text(), port) : fmt::format("{}:{}", text(), port);
}

socklen_t IpAddress::to_sockaddr(std::uint16_t port, sockaddr_storage& out) const {
  out = {};
  if (v6_) {
    auto& address = reinterpret_cast<sockaddr_in6&>(out);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    std::memcpy(address.sin6_addr.s6_addr, bytes_.data(), 16);
    return sizeof address;
  }
  auto& address = reinterpret_cast<sockaddr_in&>(out);
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  std::memcpy(&address.sin_addr, bytes_.data(), 4);
  return sizeof address;
}

IpAddress IpAddress::with_bit(unsigned bit, bool value) const {
  IpAddress changed = *this;
  const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
  std::uint8_t& byte = changed.bytes_[bit / 8];
  byte = static_cast<std::uint8_t>(value ? byte | mask : byte & ~mask);
  return changed;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const auto base = IpAddress::parse(address);
  if (!base) return {};
  const unsigned longest = base->is_v6() ? 128 : 32;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const bool mapped = !base->is_v6() && address.find(':') != std::string_view::npos;
  const unsigned in_front = mapped ? 96 : 0;
  Cidr cidr;
  cidr.base_ = *base;
  cidr.prefix_ = longest;
  if (slash != std::string_view::npos) {
    const auto prefix = parse_number(text.substr(slash + 1), in_front + longest);
    if (!prefix || *prefix < in_front) return {};
    cidr.prefix_ = static_cast<unsigned>(*prefix) - in_front;
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.is_v6() != base_.is_v6()) return false;
  const std::size_t whole = prefix_ / 8;
  if (!std::equal(base_.bytes().begin(), base_.bytes().begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes().begin())) {
    return false;
  }
  if (prefix_ % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - prefix_ % 8));
  return (base_.bytes()[whole] & mask) == (address.bytes()[whole] & mask);
}

bool Cidr::contains(const Cidr& network) const {
  return network.prefix_ >= prefix_ && contains(network.base_);
}

std::pair<Cidr, Cidr> Cidr::halves() const {
  Cidr lower;
  lower.base_ = base_.with_bit(prefix_, false);
  lower.prefix_ = prefix_ + 1;
  Cidr upper = lower;
  upper.base_ = base_.with_bit(prefix_, true);
  return {lower, upper};
}

std::string Cidr::text() const { return fmt::format("{}/{}", base_.text(), prefix_); }

}  // namespace netports
