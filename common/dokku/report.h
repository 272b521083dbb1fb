// Reports in Dokku's layout: as text, as JSON, or one value alone [§6.6].
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dokku/environment.h"
#include "dokku/flags.h"

namespace netports {

struct ReportRow {
  std::string key;  // "computed-tld"
  std::string value;
};

struct Report {
  std::string prefix;  // of its flags and keys: "network" gives --network-computed-tld
  std::string title;   // behind the app in the heading: "network"
  /// All rows of an app, or of kGlobal, sorted by key.
  std::function<std::vector<ReportRow>(const std::string& scope)> rows;
  /// Those of an app's rows, sorted: an info flag is checked also where there is no app.
  std::vector<std::string> app_keys = {};
};

/// What a command line of `report` asks for.
struct ReportRequest {
  bool global = false;
  std::string app;  // empty: all apps
  bool json = false;
  std::string info_flag;  // "--network-tld": print this value alone

  /// `command`: "network:report", for messages. Errors: Error for two info flags, and for one
  /// together with --format json.
  static ReportRequest of(const std::string& command, const Flags& flags);
};

/// The report of one scope. Errors: Error for an info flag that is no row's.
std::string report_text(const Report& report, const std::string& scope,
                        const ReportRequest& request, bool quiet);

/// Subcommand `report`: prints nothing unless all of it can be printed.
void print_report(const Environment& env, const Report& report, const ReportRequest& request);

}  // namespace netports
