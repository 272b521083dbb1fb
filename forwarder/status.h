// What the daemon tells of itself on the control socket.
#pragma once

#include <array>
#include <map>
#include <string>

#include "forwarder/generations.h"
#include "forwarder/manager.h"

namespace netports {

/// Sums of one listener's counts over all threads.
struct PortTotals {
  std::uint64_t accepted = 0;
  std::map<std::string, std::uint64_t> refused;  // by reason
  std::map<std::string, std::uint64_t> failed;   // by reason
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::int64_t open = 0;
  std::array<std::uint64_t, kConnectTimeBounds.size() + 1> connect_times{};
  std::uint64_t connect_ms = 0;
};

PortTotals totals_of(const Listener& listener);

/// The status document, one line of JSON. `app` empty: all apps. `older`: the daemons before this
/// one, whose connections only they know.
std::string status_json(const Manager& manager, const Generations& older, const std::string& app);

/// The same for Prometheus, in its text format. One label set a public port, one a backend.
std::string metrics_text(const Manager& manager, const Generations& older);

/// Open connections of `app` (empty: all), as one line of JSON; at most kListedConnections.
std::string connections_json(const Manager& manager, const std::string& app);
inline constexpr std::size_t kListedConnections = 10'000;

/// Lines "<process>.<n> <address>" of the backends of `app`.
std::string backend_lines(const Manager& manager, const std::string& app);

}  // namespace netports
