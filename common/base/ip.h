// IP addresses and networks as checked values.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace netports {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:1.2.3.4) reads as IPv4.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static std::optional<IpAddress> parse(std::string_view text);
  /// The address in a socket address of either family.
  static std::optional<IpAddress> of(const sockaddr_storage& address);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] bool is_any() const;
  /// 127.0.0.0/8 or ::1
  [[nodiscard]] bool is_loopback() const;
  /// "10.0.0.1", "2001:db8::1"
  [[nodiscard]] std::string text() const;
  /// "10.0.0.1:25", "[2001:db8::1]:25"
  [[nodiscard]] std::string text_with_port(std::uint16_t port) const;
  /// Fills `out` for bind or connect; returns its length.
  socklen_t to_sockaddr(std::uint16_t port, sockaddr_storage& out) const;
  /// The 4 or 16 bytes in network order; IPv4 stands in the first 4.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// The address with one bit set or cleared; the first one is 0.
  [[nodiscard]] IpAddress with_bit(unsigned bit, bool value) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

/// A network in CIDR notation; an address alone is a network of one. An IPv4-mapped one
/// (::ffff:10.0.0.0/104) reads as IPv4 (10.0.0.0/8), so its prefix has 96 bits at least.
class Cidr {
 public:
  static std::optional<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] bool contains(const Cidr& network) const;
  /// The two networks with a prefix longer by one that it consists of. Not for a single address.
  [[nodiscard]] std::pair<Cidr, Cidr> halves() const;
  [[nodiscard]] std::string text() const;

  auto operator<=>(const Cidr&) const = default;

 private:
  IpAddress base_;
  unsigned prefix_ = 0;
};

}  // namespace netports
