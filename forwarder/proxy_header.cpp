#include "forwarder/proxy_header.h"

#include <fmt/core.h>

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace netports {

namespace {

constexpr std::string_view kSignatureV2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kStartV1 = "PROXY ";
constexpr std::size_t kMaxV1Bytes = 107;
constexpr std::size_t kFixedV2Bytes = 16;

using Parsed = ParsedProxyHeader;

/// ::ffff:a.b.c.d for IPv4, for a header whose two addresses must be of one family.
std::array<std::uint8_t, 16> as_v6(const IpAddress& ip) {
  if (ip.is_v6()) return ip.bytes();
  std::array<std::uint8_t, 16> mapped{};
  mapped[10] = mapped[11] = 0xff;
  std::copy_n(ip.bytes().begin(), 4, mapped.begin() + 12);
  return mapped;
}

std::string text_v6(const IpAddress& ip) { return ip.is_v6() ? ip.text() : "::ffff:" + ip.text(); }

void append_port(std::string& out, std::uint16_t port) {
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xff);
}

std::string header_v1(const PeerAddress& source, const PeerAddress& destination) {
  if (!source.ip.is_v6() && !destination.ip.is_v6()) {
    return fmt::format("PROXY TCP4 {} {} {} {}\r\n", source.ip.text(), destination.ip.text(),
                       source.port, destination.port);
  }
  return fmt::format("PROXY TCP6 {} {} {} {}\r\n", text_v6(source.ip), text_v6(destination.ip),
                     source.port, destination.port);
}

std::string header_v2(const PeerAddress& source, const PeerAddress& destination) {
  const bool v4 = !source.ip.is_v6() && !destination.ip.is_v6();
  const std::size_t address_bytes = v4 ? 4 : 16;
  std::string out(kSignatureV2);
  out += '\x21';                // version 2, PROXY
  out += v4 ? '\x11' : '\x21';  // TCP over IPv4, IPv6
  append_port(out, static_cast<std::uint16_t>(2 * address_bytes + 4));
  for (const auto* peer : {&source, &destination}) {
    const auto bytes = v4 ? peer->ip.bytes() : as_v6(peer->ip);
    out.append(reinterpret_cast<const char*>(bytes.data()), address_bytes);
  }
  append_port(out, source.port);
  append_port(out, destination.port);
  return out;
}

std::uint16_t port_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

Parsed parse_v1(std::string_view bytes) {
  const auto end = bytes.substr(0, kMaxV1Bytes).find("\r\n");
  if (end == std::string_view::npos) {
    return {bytes.size() < kMaxV1Bytes ? Parsed::State::incomplete : Parsed::State::invalid, 0, {}};
  }
  const auto fields = split(bytes.substr(0, end), ' ');
  if (fields.size() >= 2 && fields[1] == "UNKNOWN") return {Parsed::State::valid, end + 2, {}};
  if (fields.size() != 6 || (fields[1] != "TCP4" && fields[1] != "TCP6")) {
    return {Parsed::State::invalid, 0, {}};
  }
  const auto ip = IpAddress::parse(fields[2]);
  const auto port = parse_number(fields[4], 65535);
  const bool written_as_v6 = fields[2].find(':') != std::string_view::npos;
  if (!ip || !port || written_as_v6 != (fields[1] == "TCP6") || !IpAddress::parse(fields[3]) ||
      !parse_number(fields[5], 65535)) {
    return {Parsed::State::invalid, 0, {}};
  }
  return {Parsed::State::valid, end + 2, PeerAddress{*ip, static_cast<std::uint16_t>(*port)}};
}

Parsed parse_v2(std::string_view bytes) {
  if (bytes.size() < kFixedV2Bytes) return {};
  const auto version_command = static_cast<unsigned char>(bytes[12]);
  const auto family = static_cast<unsigned char>(bytes[13]);
  const std::size_t length = kFixedV2Bytes + port_at(bytes, 14);
  if ((version_command >> 4) != 2 || (version_command & 0xf) > 1 || length > kMaxProxyHeaderBytes) {
    return {Parsed::State::invalid, 0, {}};
  }
  if (bytes.size() < length) return {};
  const bool local = (version_command & 0xf) == 0;
  const std::size_t address_bytes = family == 0x11 ? 4 : family == 0x21 ? 16 : 0;
  if (local || address_bytes == 0) return {Parsed::State::valid, length, {}};
  if (length < kFixedV2Bytes + 2 * address_bytes + 4) return {Parsed::State::invalid, 0, {}};
  sockaddr_storage storage{};
  storage.ss_family = address_bytes == 4 ? AF_INET : AF_INET6;
  void* where = address_bytes == 4
                    ? static_cast<void*>(&reinterpret_cast<sockaddr_in&>(storage).sin_addr)
                    : static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(storage).sin6_addr);
  std::memcpy(where, bytes.data() + kFixedV2Bytes, address_bytes);
  return {Parsed::State::valid, length,
          PeerAddress{*IpAddress::of(storage), port_at(bytes, kFixedV2Bytes + 2 * address_bytes)}};
}

}  // namespace

std::string proxy_header(ProxyHeader version, const PeerAddress& source,
                         const PeerAddress& destination) {
  switch (version) {
    case ProxyHeader::v1:
      return header_v1(source, destination);
    case ProxyHeader::v2:
      return header_v2(source, destination);
    case ProxyHeader::none:
      break;
  }
  return "";
}

ParsedProxyHeader parse_proxy_header(std::string_view bytes) {
  const auto begins_with = [&](std::string_view start) {
    return bytes.substr(0, start.size()) == start.substr(0, bytes.size());
  };
  if (begins_with(kSignatureV2)) return parse_v2(bytes);
  if (begins_with(kStartV1)) {
    return bytes.size() < kStartV1.size() ? Parsed{} : parse_v1(bytes);
  }
  return {Parsed::State::invalid, 0, {}};
}

}  // namespace netports
