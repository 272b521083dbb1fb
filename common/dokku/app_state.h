// What other core plugins know of an app: its scheduler, its scale, whether it is deployed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dokku/environment.h"

namespace netports {

struct ProcessCount {
  std::string process;
  unsigned count;
};

/// Reads the core plugins' own property files where they alone answer the trigger in question, and
/// asks `plugn`, which costs 70 ms and more, in all other cases.
class AppState {
 public:
  explicit AppState(const Environment& env) : env_(env) {}

  /// The app's scheduler, else the global one, else "docker-local". Trigger: scheduler-detect.
  std::string scheduler(const std::string& app);
  /// Whether the app has been deployed, running or not. Unlike Dokku's own answer this one is not
  /// cached in the store of the plugin `common`. Trigger: scheduler-is-deployed.
  bool is_deployed(const std::string& app);
  /// How many containers of each process type there shall be, by process type. Empty when nothing
  /// is scaled. Trigger: ps-current-scale. Errors: Error when it is no such list.
  std::vector<ProcessCount> scale(const std::string& app);

 private:
  /// Whether `plugin` alone answers the trigger, not counting 20_events, which only logs.
  bool answered_by(const std::string& trigger, const std::string& plugin);

  const Environment& env_;
  std::map<std::string, bool> answered_by_;
};

/// The list `web=1`, one a line, sorted; a process type named twice counts once, the first time.
/// Errors: Error naming the line that is wrong.
std::vector<ProcessCount> parse_scale(const std::string& text);

}  // namespace netports
