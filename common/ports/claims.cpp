#include "ports/claims.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace netports {

AllowedPorts AllowedPorts::parse(std::string_view text) {
  AllowedPorts allowed;
  if (text == "none") return allowed;
  for (const auto piece : split(text, ',')) {
    const auto range = trim(piece);
    const auto dash = range.find('-');
    const auto first = parse_port(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_port(range.substr(dash + 1));
    if (!first || !last || *last < *first) {
      throw Error("\"{}\" is not a port or a range of ports (1 to 65535)", printable(range));
    }
    for (unsigned port = *first; port <= *last; ++port) allowed.ports_.set(port);
  }
  return allowed;
}

std::vector<PortMapping> claims_of(const PortStore& store, const std::string& app) {
  if (auto property = store.property(app)) return std::move(property->mappings);
  auto claims = store.released(app).mappings;
  if (const auto staged = store.staged(app)) {
    claims.insert(claims.end(), staged->mappings.begin(), staged->mappings.end());
  }
  return claims;
}

std::vector<PortMapping> refused_by(const std::string& allowed,
                                    const std::vector<PortMapping>& mappings) {
  const auto policy = AllowedPorts::parse(allowed);
  std::vector<PortMapping> refused;
  for (const auto& mapping : mappings) {
    if (!policy.allows(mapping.listen.port)) refused.push_back(mapping);
  }
  return refused;
}

void check_allowed(const std::string& app, const std::vector<PortMapping>& mappings,
                   const std::string& allowed) {
  AllowedPorts policy;
  try {
    policy = AllowedPorts::parse(allowed);
  } catch (const Error& error) {
    throw Error("Unable to use property allowed-ports of app {}: {}", app, error.what());
  }
  for (const auto& mapping : mappings) {
    if (policy.allows(mapping.listen.port)) continue;
    throw Error("Public port {} is not allowed for app {}: Property allowed-ports is {}",
                mapping.listen.text(), app, printable(allowed));
  }
}

void check_unclaimed(const PortStore& store, const std::string& app,
                     const std::vector<PortMapping>& mappings) {
  if (mappings.empty()) return;
  std::multimap<std::uint16_t, const PortMapping*> wanted;
  for (const auto& mapping : mappings) wanted.emplace(mapping.listen.port, &mapping);
  for (const auto& other : store.apps()) {
    if (other == app) continue;
    for (const auto& claim : claims_of(store, other)) {
      const auto [begin, end] = wanted.equal_range(claim.listen.port);
      for (auto it = begin; it != end; ++it) {
        if (!it->second->listen.overlaps(claim.listen)) continue;
        throw Error("Public port {} is taken by app {}", it->second->listen.text(), other);
      }
    }
  }
}

std::string not_free_text(const std::string& app, const std::string& held) {
  const auto blank = std::min(held.find(' '), held.size());
  return fmt::format("Public port {} of app {} is not free yet:{}", held.substr(0, blank), app,
                     held.substr(blank));
}

std::string public_ports_text(const std::vector<PortMapping>& mappings) {
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const ListenAddress& first = mappings[i].listen;
    std::size_t end = i + 1;
    while (end < mappings.size() && mappings[end].listen.ip == first.ip &&
           mappings[end].listen.port == first.port + (end - i)) {
      ++end;
    }
    std::string text = first.text();
    if (end - i > 2) {
      text += fmt::format("-{}", mappings[end - 1].listen.port);
      i = end - 1;
    }
    pieces.push_back(std::move(text));
  }
  return printable(join(pieces, ", "), 400);
}

}  // namespace netports
