#include "ports/report.h"

#include <algorithm>

#include "base/text.h"

namespace netports {

namespace {

std::string mappings_text(const std::vector<PortMapping>& mappings) {
  std::vector<std::string> pieces;
  for (const auto& mapping : mappings) pieces.push_back(mapping.text());
  return join(pieces, ", ");
}

/// What the next deploy brings; empty when nothing waits for it.
std::string staged_text(const std::optional<AppPorts>& staged) {
  if (!staged) return "";
  if (!staged->problem.empty()) return staged->problem;
  return staged->mappings.empty() ? "none" : mappings_text(staged->mappings);
}

std::vector<ReportRow> rows_of(const PortsRole& ports, const std::string& scope) {
  const auto value = [&](const std::string& holder, const std::string& property) {
    return ports.properties.get(holder, property).value_or("");
  };
  const bool published = ports.forward_via(scope) == ForwardVia::published;
  std::vector<ReportRow> rows{
      {"computed-allowed-ports", ports.allowed_ports(scope)},
      {"computed-forward-via", published ? "published" : "container"},
      {"global-allowed-ports", value(kGlobal, "allowed-ports")},
      {"global-forward-via", value(kGlobal, "forward-via")},
  };
  if (scope != kGlobal) {
    const auto active = ports.store.active(scope);
    rows.insert(rows.end(), {
                                {"allowed-ports", value(scope, "allowed-ports")},
                                {"forward-via", value(scope, "forward-via")},
                                {"ports", mappings_text(active.mappings)},
                                {"problem", active.problem},
                                {"source", source_text(active.source)},
                                {"staged", staged_text(ports.store.staged(scope))},
                            });
  }
  std::sort(rows.begin(), rows.end(),
            [](const ReportRow& a, const ReportRow& b) { return a.key < b.key; });
  return rows;
}

}  // namespace

Report ports_report(const PortsRole& ports) {
  const std::string& entry = ports.entry.name;
  // Under the name of a network plugin the other role's report has that title.
  const std::string title = ports.entry.acts_as(Role::network) ? entry + " ports" : entry;
  return {entry,
          title,
          [&ports](const std::string& scope) { return rows_of(ports, scope); },
          {"allowed-ports", "computed-allowed-ports", "computed-forward-via", "forward-via",
           "global-allowed-ports", "global-forward-via", "ports", "problem", "source", "staged"}};
}

}  // namespace netports
