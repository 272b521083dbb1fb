#include "ports/report.h"

#include <algorithm>

#include "base/text.h"
#include "dokku/log.h"

namespace netports {

namespace {

constexpr std::size_t kLeastWidth = 31;

std::string mappings_text(const std::vector<PortMapping>& mappings) {
  std::vector<std::string> pieces;
  for (const auto& mapping : mappings) pieces.push_back(mapping.text());
  return join(pieces, ", ");
}

/// "--netports-forward-via" as a label: "Netports forward via".
std::string label_of(const std::string& entry, const std::string& key) {
  std::string label = entry + "-" + key;
  std::replace(label.begin(), label.end(), '-', ' ');
  if (label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
  return label;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ports_report(const PortsRole& ports,
                                                              const std::string& app) {
  const auto value = [&](const std::string& scope, const std::string& property) {
    return printable(ports.properties.get(scope, property).value_or(""), 1000);
  };
  const auto active = ports.store.active(app);
  const auto staged = ports.store.staged(app);
  std::string next;
  if (staged) next = staged->mappings.empty() ? "none" : mappings_text(staged->mappings);
  if (staged && !staged->problem.empty()) next = staged->problem;
  return {
      {"allowed-ports", value(app, "allowed-ports")},
      {"computed-allowed-ports", printable(ports.allowed_ports(app), 1000)},
      {"computed-forward-via",
       ports.forward_via(app) == ForwardVia::published ? "published" : "container"},
      {"forward-via", value(app, "forward-via")},
      {"global-allowed-ports", value(kGlobal, "allowed-ports")},
      {"global-forward-via", value(kGlobal, "forward-via")},
      {"ports", mappings_text(active.mappings)},
      {"problem", active.problem},
      {"source", source_text(active.source)},
      {"staged", next},
  };
}

void print_ports_report(const PortsRole& ports, const std::string& app) {
  const std::string& entry = ports.entry.name;
  const auto rows = ports_report(ports, app);
  std::size_t width = kLeastWidth;
  for (const auto& [key, value] : rows) {
    width = std::max(width, fmt::format("--{}-{}", entry, key).size());
  }
  // Under the name of a network plugin the other role prints a block too.
  log::info2_quiet("{} {}{} information", app, entry,
                   ports.entry.acts_as(Role::network) ? " ports" : "");
  for (const auto& [key, value] : rows) {
    log::verbose("{:<{}}{}", label_of(entry, key) + ":", width, value);
  }
}

}  // namespace netports
