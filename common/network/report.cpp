#include "network/report.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "network/listeners.h"

namespace netports::network {

namespace {

constexpr std::string_view kPrefix = "network-";
constexpr std::size_t kMinLabelWidth = 31;

std::string flag_of(const ReportRow& row) { return fmt::format("--{}{}", kPrefix, row.key); }

void check(const ReportRequest& request) {
  if (request.format != "stdout" && request.format != "json") {
    throw Error(R"(Format must be "stdout" or "json": {})", json_quote(request.format));
  }
  if (request.format == "json" && !request.info_flag.empty()) {
    throw Error("--format flag cannot be specified when specifying an info flag");
  }
}

std::string as_json(const std::vector<ReportRow>& rows) {
  std::vector<std::string> members;
  for (const auto& row : rows) {
    const std::string value = json_quote(row.value);
    members.push_back(fmt::format(R"("{}":{})", row.key, value));
    members.push_back(fmt::format(R"("{}{}":{})", kPrefix, row.key, value));
  }
  std::sort(members.begin(), members.end());
  return fmt::format("{{{}}}\n", join(members, ","));
}

std::string as_text(const std::string& scope, const std::vector<ReportRow>& rows, bool quiet) {
  std::size_t width = kMinLabelWidth;
  for (const auto& row : rows) width = std::max(width, flag_of(row).size());
  std::string text;
  if (!quiet) text = fmt::format("=====> {} network information\n", scope);
  for (const auto& row : rows) {
    std::string label = fmt::format("{}{}:", kPrefix, row.key);
    std::replace(label.begin(), label.end(), '-', ' ');
    label[0] = 'N';
    text += fmt::format("       {:<{}}{}\n", label, width, row.value);
  }
  return text;
}

}  // namespace

ReportRequest ReportRequest::parse(const std::string& entry,
                                   const std::vector<std::string>& words) {
  Flags flags(entry + ":report");
  flags.add_string("format", "format: [ stdout | json ]", "stdout");
  ReportRequest request;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--format") {
      rest.push_back(words[i]);
      if (++i < words.size()) rest.push_back(words[i]);
    } else if (words[i] == "--global") {
      request.global = true;
    } else if (!words[i].starts_with("--")) {
      rest.push_back(words[i]);
    } else if (!request.info_flag.empty()) {
      throw Error("{}:report command allows only a single flag", entry);
    } else {
      request.info_flag = words[i];
    }
  }
  request.help = !flags.parse(rest);
  if (!request.help) {
    request.format = flags.value("format");
    if (request.format.empty()) request.format = "stdout";
    request.app = flags.positional(0);
  }
  return request;
}

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

std::string report_text(const std::string& scope, const std::vector<ReportRow>& rows,
                        const ReportRequest& request, bool quiet) {
  check(request);
  if (request.format == "json") return as_json(rows);
  if (request.info_flag.empty()) return as_text(scope, rows, quiet);
  std::vector<std::string> known;
  for (const auto& row : rows) {
    if (flag_of(row) == request.info_flag) return row.value + "\n";
    known.push_back(flag_of(row));
  }
  throw Error("Invalid flag passed, valid flags: {}", join(known, ", "));
}

void report(const Environment& env, const ReportRequest& request) {
  std::vector<std::string> scopes;
  if (request.global) {
    scopes = {kGlobal};
  } else if (!request.app.empty()) {
    verify_app(env, request.app);
    scopes = {request.app};
  } else {
    scopes = visible_apps(env);
    if (scopes.empty()) log::warn("You haven't deployed any applications yet");
  }
  const Settings settings(env);
  std::string text;
  for (const auto& scope : scopes) {
    text += report_text(scope, report_rows(env, settings, scope), request, env.quiet);
  }
  log::result(text);
}

}  // namespace netports::network
