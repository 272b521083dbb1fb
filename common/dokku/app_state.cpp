#include "dokku/app_state.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/plugn.h"
#include "dokku/properties.h"

namespace netports {

namespace {

constexpr const char* kDefaultScheduler = "docker-local";

std::string answer_of(const std::string& trigger, const std::string& argument) {
  const ProcessResult result = plugn::trigger(trigger, {argument});
  return result.status == 0 ? std::string(trim(result.out)) : std::string();
}

bool has_container_file(const std::string& directory) {
  const auto names = directory_entries(directory);
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "CONTAINER" || name.starts_with("CONTAINER.");
  });
}

}  // namespace

bool AppState::answered_by(const std::string& trigger, const std::string& plugin) {
  auto known = answered_by_.find(trigger);
  if (known == answered_by_.end()) {
    const auto found = plugn::implementers(env_, trigger);
    const bool alone = std::find(found.begin(), found.end(), plugin) != found.end() &&
                       std::all_of(found.begin(), found.end(), [&](const std::string& entry) {
                         return entry == plugin || entry == "20_events";
                       });
    known = answered_by_.emplace(trigger, alone).first;
  }
  return known->second;
}

std::string AppState::scheduler(const std::string& app) {
  std::string name;
  if (answered_by("scheduler-detect", "scheduler")) {
    name = Properties(env_, "scheduler").computed(app, "selected");
  } else if (plugn::is_implemented(env_, "scheduler-detect", {"20_events"})) {
    name = answer_of("scheduler-detect", app);
    if (name.empty()) name = answer_of("scheduler-detect", kGlobal);
  }
  return name.empty() ? kDefaultScheduler : name;
}

bool AppState::is_deployed(const std::string& app) {
  const auto known = Properties(env_, "common").get(app, "deployed");
  if (known && !known->empty()) return *known == "true";
  const std::string name = scheduler(app);
  if (name == kDefaultScheduler) return has_container_file(app_directory(env_, app));
  return plugn::is_implemented(env_, "scheduler-is-deployed", {"20_events"}) &&
         plugn::trigger("scheduler-is-deployed", {name, app}).status == 0;
}

std::vector<ProcessCount> AppState::scale(const std::string& app) {
  if (answered_by("ps-current-scale", "ps")) {
    const Properties store(env_, "ps");
    if (const auto current = store.get(app, "scale")) {
      // Process types that a deploy is about to drop stand in the former scale only.
      return parse_scale(*current + "\n" + store.get(app, "scale.old").value_or(""));
    }
  }
  return parse_scale(plugn::trigger_output(env_, "ps-current-scale", {app}));
}

std::vector<ProcessCount> parse_scale(const std::string& text) {
  std::vector<ProcessCount> scale;
  for (const auto line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    const auto equals = line.find('=');
    const auto process = trim(line.substr(0, equals));
    const auto count = equals == std::string_view::npos
                           ? std::nullopt
                           : parse_number(trim(line.substr(equals + 1)), 1'000'000);
    if (process.empty() || !count) {
      throw Error("invalid scale output stored by dokku: {}", printable(line));
    }
    const bool known = std::any_of(scale.begin(), scale.end(), [&](const ProcessCount& other) {
      return other.process == process;
    });
    if (!known) scale.push_back({std::string(process), static_cast<unsigned>(*count)});
  }
  std::sort(scale.begin(), scale.end(),
            [](const auto& a, const auto& b) { return a.process < b.process; });
  return scale;
}

}  // namespace netports
