// The report of an app's network properties [§6.6].
#pragma once

#include "dokku/report.h"
#include "network/settings.h"

namespace netports::network {

/// All rows of an app, or of kGlobal, sorted by key.
std::vector<ReportRow> report_rows(const Environment& env, const Settings& settings,
                                   const std::string& scope);

/// `env` must outlive it.
Report report(const Environment& env);

}  // namespace netports::network
