// The daemons before this one that still finish their connections.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <vector>

#include "base/unique_fd.h"

namespace netports {

/// One of them. `ending`: it was told to end and has its drain timeout; told again it would end at
/// once.
struct Generation {
  UniqueFd pidfd;
  bool ending = false;
};

/// Any thread.
class Generations {
 public:
  /// Oldest first.
  explicit Generations(std::vector<Generation> generations)
      : generations_(std::move(generations)) {}

  /// Tells the oldest to end when there are more than kDrainingGenerations besides those that end.
  void bound();
  /// Tells all to look at the mappings: the connections of one that is gone have their timeout.
  void reload() const;
  /// Tells all to end, within their drain timeout or, when `at_once`, now.
  void end(bool at_once);
  /// Those that run, oldest first.
  [[nodiscard]] std::vector<pid_t> pids() const;
  [[nodiscard]] bool any_runs() const;
  /// For the daemon after this one. The descriptors are borrowed: valid until the next `bound`.
  [[nodiscard]] std::vector<std::pair<int, bool>> pidfds() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Generation> generations_;
};

}  // namespace netports
