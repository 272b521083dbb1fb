// The PROXY protocol, versions 1 and 2: who the client really is, told in front of its first byte.
// Source: the HAProxy project's specification of the protocol, proxy-protocol.txt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "ports/mapping.h"

namespace netports {

/// An address with its TCP port.
struct PeerAddress {
  IpAddress ip;
  std::uint16_t port = 0;

  bool operator==(const PeerAddress&) const = default;
};

/// The header to send: `source` connected to `destination`. Empty for ProxyHeader::none. Addresses
/// of different families are both written as IPv6.
std::string proxy_header(ProxyHeader version, const PeerAddress& source,
                         const PeerAddress& destination);

/// The longest header that is read, in bytes: version 2 with as many extensions as we put up with.
inline constexpr std::size_t kMaxProxyHeaderBytes = 536;

struct ParsedProxyHeader {
  enum class State { incomplete, valid, invalid } state = State::incomplete;
  std::size_t length = 0;             // bytes of the header, when valid
  std::optional<PeerAddress> source;  // none: the front speaks for itself (UNKNOWN, LOCAL)
};

/// Reads a header of either version from the start of `bytes`. `incomplete`: more bytes may help.
ParsedProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace netports
