#include "doctor/check.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace netports::doctor {

namespace {

constexpr std::string_view kNext = "Next:";

std::ptrdiff_t count(const std::vector<Result>& results, State state) {
  return std::count_if(results.begin(), results.end(),
                       [&](const Result& result) { return result.finding.state == state; });
}

/// "1 problem", "2 problems"
std::string amount(std::ptrdiff_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string summary(const std::vector<Result>& results) {
  const auto problems = count(results, State::problem);
  const auto warnings = count(results, State::warning);
  const auto unknown = count(results, State::unknown);
  std::vector<std::string> pieces;
  if (problems > 0) pieces.push_back(amount(problems, "problem"));
  if (warnings > 0) pieces.push_back(amount(warnings, "warning"));
  if (unknown > 0) pieces.push_back(fmt::format("{} not looked at", unknown));
  return pieces.empty() ? "Nothing is wrong" : join(pieces, ", ");
}

}  // namespace

std::string_view state_text(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::warning:
      return "warning";
    case State::problem:
      return "problem";
    case State::unknown:
      return "unknown";
    case State::not_applicable:
      break;
  }
  return "not-applicable";
}

bool is_healthy(const std::vector<Result>& results) { return count(results, State::problem) == 0; }

std::string results_text(const std::vector<Result>& results) {
  std::size_t width = 0;
  for (const auto& result : results) width = std::max(width, result.title.size());
  std::string text;
  std::string_view group;
  for (const auto& [its_group, id, title, finding] : results) {
    if (its_group != group) text += fmt::format("{}\n", its_group);
    group = its_group;
    const auto state = finding.state == State::not_applicable ? "-" : state_text(finding.state);
    text += fmt::format("  {:<7}  {:<{}}  {}\n", state, title, width, finding.found);
    if (finding.next.empty()) continue;
    text += fmt::format("  {:<7}  {:>{}}  {}\n", "", kNext, width, finding.next);
  }
  return text + summary(results) + "\n";
}

std::string results_json(const std::vector<Result>& results) {
  std::vector<std::string> checks;
  for (const auto& [group, id, title, finding] : results) {
    checks.push_back(fmt::format(
        R"({{"check":{},"group":{},"title":{},"state":{},"found":{},"next":{}}})", json_quote(id),
        json_quote(group), json_quote(title), json_quote(state_text(finding.state)),
        json_quote(finding.found), json_quote(finding.next)));
  }
  return fmt::format(R"({{"version":{},"healthy":{},"problems":{},"warnings":{},"checks":[{}]}})"
                     "\n",
                     json_quote(NETPORTS_VERSION), is_healthy(results),
                     count(results, State::problem), count(results, State::warning),
                     join(checks, ","));
}

}  // namespace netports::doctor
