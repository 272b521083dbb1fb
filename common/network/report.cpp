#include "network/report.h"

#include <algorithm>

#include "base/text.h"
#include "network/listeners.h"

namespace netports::network {

std::vector<ReportRow> report_rows(const Environment& env, const Settings& settings,
                                   const std::string& scope) {
  const bool global = scope == kGlobal;
  std::vector<ReportRow> rows;
  for (const auto& property : property_names()) {
    const std::string own = settings.own(scope, property);
    if (is_global_property(property)) {
      rows.push_back({"computed-" + property, settings.computed(scope, property)});
      rows.push_back({"global-" + property, settings.global(property)});
    }
    if (!global) rows.push_back({property, own});
  }
  if (!global) {
    rows.push_back({"web-listeners", join(listeners(env, settings, scope, "web"), " ")});
  }
  std::sort(rows.begin(), rows.end(),
            [](const ReportRow& a, const ReportRow& b) { return a.key < b.key; });
  return rows;
}

Report report(const Environment& env) {
  std::vector<std::string> keys{"web-listeners"};
  for (const auto& property : property_names()) {
    keys.push_back(property);
    if (!is_global_property(property)) continue;
    keys.push_back("computed-" + property);
    keys.push_back("global-" + property);
  }
  std::sort(keys.begin(), keys.end());
  return {"network", "network",
          [&env, settings = Settings(env)](const std::string& scope) {
            return report_rows(env, settings, scope);
          },
          std::move(keys)};
}

}  // namespace netports::network
