// What a host's packet filter says of its public ports, as its own tools print it. A hint only:
// rules may depend on what is not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace netports::doctor {

struct Firewall {
  std::string name;    // "ufw", "firewalld", "nftables", "iptables"; empty: none is active
  bool drops = false;  // what no rule names
  std::vector<std::pair<std::uint16_t, std::uint16_t>> named = {};  // let in, to anybody or some
  std::string allow = {};  // the command that lets a port in, with PORT in its place

  [[nodiscard]] bool names(std::uint16_t port) const;
  /// The command for `port`.
  [[nodiscard]] std::string allow_command(std::uint16_t port) const;
};

/// What `ufw status verbose`, in English, says.
Firewall parse_ufw(const std::string& text);

/// What `firewall-cmd --list-all` says of the default zone.
Firewall parse_firewalld(const std::string& text);

/// What `iptables -S` says of the table `filter`.
Firewall parse_iptables(const std::string& text);

/// What `nft -j list ruleset` says. Errors: Error when it is no JSON.
Firewall parse_nftables(const std::string& text);

}  // namespace netports::doctor
