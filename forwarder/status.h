// What the daemon tells of itself on the control socket.
#pragma once

#include <string>

#include "forwarder/manager.h"

namespace netports {

/// Sums of one listener's counts over all threads.
struct PortTotals {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::int64_t open = 0;
};

PortTotals totals_of(const Listener& listener);

/// The status document, one line of JSON. `app` empty: all apps.
std::string status_json(const Manager& manager, const std::string& app);

/// Lines "<process>.<n> <address>" of the backends of `app`.
std::string backend_lines(const Manager& manager, const std::string& app);

}  // namespace netports
