// What `doctor` answers to one question about a host, and how it prints all answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace netports::doctor {

enum class State {
  ok,
  warning,         // works, but may fail later or for some clients, or is not as intended
  problem,         // something is wrong now
  unknown,         // could not be looked at; `found` says why
  not_applicable,  // there is nothing of that kind here
};

/// The answer. Texts are one line each, fit for a terminal, without a full stop.
struct Finding {
  State state = State::ok;
  std::string found;
  std::string next = {};  // a command or a sentence; empty when there is nothing to do
};

/// One check and its answer. `id` is stable: programs that read the JSON go by it.
struct Result {
  std::string_view group;
  std::string_view id;
  std::string_view title;
  Finding finding;
};

/// "not-applicable", as JSON has it.
std::string_view state_text(State state);

/// Whether no result is a problem.
bool is_healthy(const std::vector<Result>& results);

/// A table under a line for each group, the next step beneath what is not in order, and a summary.
std::string results_text(const std::vector<Result>& results);

/// One line: {"version":…,"healthy":…,"problems":…,"warnings":…,"checks":[{"check":…,"group":…,
/// "title":…,"state":…,"found":…,"next":…}]}
std::string results_json(const std::vector<Result>& results);

}  // namespace netports::doctor
