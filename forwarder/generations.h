// The daemons before this one that still finish their connections.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <vector>

#include "base/unique_fd.h"

namespace netports {

/// Any thread.
class Generations {
 public:
  /// `pidfds`: oldest first.
  explicit Generations(std::vector<UniqueFd> pidfds) : pidfds_(std::move(pidfds)) {}

  /// Forgets those that have exited, and ends the oldest when there are still more than
  /// kDrainingGenerations: they get SIGTERM and with it their drain timeout.
  void bound();
  /// Those that run, oldest first.
  [[nodiscard]] std::vector<pid_t> pids() const;
  /// Borrowed: valid until the next `bound`.
  [[nodiscard]] std::vector<int> pidfds() const;

 private:
  mutable std::mutex mutex_;
  std::vector<UniqueFd> pidfds_;
};

}  // namespace netports
