// The PORTS file: which public ports an app has, and where they lead.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ip.h"

namespace netports {

/// Where the forwarder listens: one address, or all of them (IPv4 and IPv6) when there is no `ip`.
struct ListenAddress {
  std::optional<IpAddress> ip;
  std::uint16_t port = 0;

  /// Reads what `text` writes. Nothing for anything else.
  static std::optional<ListenAddress> parse(std::string_view text);
  /// As the PORTS file writes it: "25", "10.0.0.1:25", "[2001:db8::1]:25".
  [[nodiscard]] std::string text() const;
  /// Whether both cannot be listened on at once: same port, and same address or one of them all
  /// (0.0.0.0 is all of IPv4, :: all of IPv6).
  [[nodiscard]] bool overlaps(const ListenAddress& other) const;

  auto operator<=>(const ListenAddress&) const = default;
};

enum class Balance { round_robin, least_connections, source };
enum class ProxyHeader { none, v1, v2 };
enum class Overflow { queue, reset };

/// How the connections of one mapping are treated. Defaults are what a line without options means.
struct MappingOptions {
  Balance balance = Balance::round_robin;
  ProxyHeader proxy_protocol = ProxyHeader::none;  // sent to the backend
  std::vector<Cidr> accept_proxy;                  // fronts whose PROXY header is believed
  std::uint32_t max_connections = 0;               // open at once; 0: no limit of its own
  Overflow overflow = Overflow::queue;             // what becomes of one more
  std::uint32_t max_rate = 0;  // new connections a second from one source address; 0: any
  std::chrono::milliseconds idle_timeout{0};  // without a byte either way; 0: for ever
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds drain_timeout{60'000};  // after the mapping is gone
  std::vector<Cidr> allow;                          // only these clients; empty: all
  std::vector<Cidr> deny;                           // never these

  bool operator==(const MappingOptions&) const = default;
};

/// One public port of an app. Ranges of the file are spread into one mapping per port.
struct PortMapping {
  ListenAddress listen;
  std::uint16_t private_port = 0;
  std::string process = "web";
  MappingOptions options;

  /// The mapping as a line of a PORTS file: "25:5025", "993:5993 process=imap".
  [[nodiscard]] std::string text() const;

  bool operator==(const PortMapping&) const = default;
};

/// What is wrong with a PORTS file. what(): "<source>:<line>:<column>: <reason>".
class PortsFileError : public Error {
 public:
  PortsFileError(const std::string& source, std::size_t line, std::size_t column,
                 const std::string& reason)
      : Error("{}:{}:{}: {}", source, line, column, reason),
        line_(line),
        column_(column),
        reason_(reason) {}

  /// Both count from 1, columns in bytes.
  [[nodiscard]] std::size_t line() const { return line_; }
  [[nodiscard]] std::size_t column() const { return column_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::size_t line_;
  std::size_t column_;
  std::string reason_;
};

inline constexpr std::size_t kMaxPortsFileBytes = 64 << 10;
inline constexpr std::size_t kMaxMappingsPerApp = 1024;

/// Parses the text of a PORTS file. Comments (from a # at the start of a word to the end of the
/// line), blank lines, CR before LF and a missing last newline are fine. The same public address
/// twice is an error.
/// Errors: PortsFileError for the first line that is wrong, Error when the text is too long;
/// nothing of the file counts then.
std::vector<PortMapping> parse_ports(std::string_view text, const std::string& source);

/// The mappings as the text of a PORTS file, one a line, in order.
std::string ports_text(const std::vector<PortMapping>& mappings);

/// A port number without sign or leading zero, 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace netports
