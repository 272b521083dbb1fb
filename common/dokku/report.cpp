#include "dokku/report.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/properties.h"

namespace netports {

namespace {

constexpr std::size_t kMinLabelWidth = 31;

std::string flag_of(const Report& report, const std::string& key) {
  return fmt::format("--{}-{}", report.prefix, key);
}

/// Errors: Error when the info flag is that of none of the keys.
void check_info_flag(const Report& report, const std::vector<std::string>& keys,
                     const std::string& info_flag) {
  std::vector<std::string> known;
  for (const auto& key : keys) known.push_back(flag_of(report, key));
  if (std::find(known.begin(), known.end(), info_flag) == known.end()) {
    throw Error("Invalid flag passed, valid flags: {}", join(known, ", "));
  }
}

/// "Network computed tld:"
std::string label_of(const Report& report, const ReportRow& row) {
  std::string label = fmt::format("{}-{}:", report.prefix, row.key);
  std::replace(label.begin(), label.end(), '-', ' ');
  if (label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
  return label;
}

std::string as_json(const Report& report, const std::vector<ReportRow>& rows) {
  std::vector<std::string> members;
  for (const auto& row : rows) {
    const std::string value = json_quote(row.value);
    members.push_back(fmt::format(R"("{}":{})", row.key, value));
    members.push_back(fmt::format(R"("{}-{}":{})", report.prefix, row.key, value));
  }
  std::sort(members.begin(), members.end());
  return fmt::format("{{{}}}\n", join(members, ","));
}

std::string as_text(const Report& report, const std::string& scope,
                    const std::vector<ReportRow>& rows, bool quiet) {
  std::size_t width = kMinLabelWidth;
  for (const auto& row : rows) width = std::max(width, flag_of(report, row.key).size());
  std::string text;
  if (!quiet) text = fmt::format("=====> {} {} information\n", scope, report.title);
  for (const auto& row : rows) {
    text += fmt::format("       {:<{}}{}\n", label_of(report, row), width,
                        printable(row.value, std::string::npos));
  }
  return text;
}

}  // namespace

ReportRequest ReportRequest::of(const std::string& command, const Flags& flags) {
  if (flags.info_flags().size() > 1) {
    throw Error("{} command allows only a single flag", command);
  }
  ReportRequest request;
  request.global = flags.flag("global");
  request.app = flags.positional(0);
  request.json = flags.value("format") == "json";
  if (!flags.info_flags().empty()) request.info_flag = flags.info_flags()[0];
  if (request.json && !request.info_flag.empty()) {
    throw Error("--format flag cannot be specified when specifying an info flag");
  }
  return request;
}

std::string report_text(const Report& report, const std::string& scope,
                        const ReportRequest& request, bool quiet) {
  const auto rows = report.rows(scope);
  if (request.json) return as_json(report, rows);
  if (request.info_flag.empty()) return as_text(report, scope, rows, quiet);
  std::vector<std::string> keys;
  for (const auto& row : rows) {
    if (flag_of(report, row.key) == request.info_flag) return row.value + "\n";
    keys.push_back(row.key);
  }
  check_info_flag(report, keys, request.info_flag);
  return "";
}

void print_report(const Environment& env, const Report& report, const ReportRequest& request) {
  std::vector<std::string> scopes;
  if (request.global) {
    scopes = {kGlobal};
  } else if (!request.app.empty()) {
    verify_app(env, request.app);
    scopes = {request.app};
  } else {
    scopes = visible_apps(env);
    // lost+found, say: no app, so it has no properties.
    std::erase_if(scopes, [](const std::string& name) { return !is_app_name(name); });
    if (scopes.empty() && !request.info_flag.empty()) {
      check_info_flag(report, report.app_keys, request.info_flag);
    }
    if (scopes.empty()) log::warn("You haven't deployed any applications yet");
  }
  std::string text;
  for (const auto& scope : scopes) text += report_text(report, scope, request, env.quiet);
  log::result(text);
}

}  // namespace netports
