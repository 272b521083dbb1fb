// The report of an app's network properties, as text, as JSON or one value [§6.6].
#pragma once

#include <string>
#include <vector>

#include "dokku/program.h"
#include "network/settings.h"

namespace netports::network {

/// The command line of `report`. Dokku's own reads it in two passes; so flags are told by hand.
struct ReportRequest {
  bool global = false;
  std::string app;  // empty: all apps
  std::string format = "stdout";
  std::string info_flag;  // "--network-tld": print this value alone
  bool help = false;      // usage has been printed

  /// Errors: Error for two info flags, UsageError for `--format` without a value.
  static ReportRequest parse(const std::string& entry, const std::vector<std::string>& words);
};

struct ReportRow {
  std::string key;  // "computed-tld"
  std::string value;
};

/// All rows of an app, or of kGlobal, sorted by key.
std::vector<ReportRow> report_rows(const Environment& env, const Settings& settings,
                                   const std::string& scope);

/// The report of one scope. Errors: Error for an unknown info flag or format.
std::string report_text(const std::string& scope, const std::vector<ReportRow>& rows,
                        const ReportRequest& request, bool quiet);

/// Subcommand `report`: prints nothing unless all of it can be printed.
void report(const Environment& env, const ReportRequest& request);

}  // namespace netports::network
