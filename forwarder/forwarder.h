// The data path as a whole: its threads, its listeners, and the one table they all follow.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "forwarder/route.h"
#include "forwarder/worker.h"

namespace netports {

/// One public port as it stands after `apply`.
struct PortState {
  std::shared_ptr<const Route> route;
  std::shared_ptr<Listener> listener;  // null while the address cannot be listened on
  std::string error;                   // why not; empty when listening
};

/// Called by one thread, the manager's; counts and stop are for any.
class Forwarder {
 public:
  /// Errors: Error when the threads cannot be set up.
  Forwarder(unsigned threads, std::size_t max_connections,
            std::function<void(const std::string& app)> on_unreachable);
  ~Forwarder();

  /// Makes `routes` what is served: binds what is new, drops what is gone, keeps every other
  /// listener as it is, and swaps the table. When it returns, every new connection follows the new
  /// routes. Addresses that cannot be bound are reported and may be tried again by another call.
  std::vector<PortState> apply(const std::vector<std::shared_ptr<const Route>>& routes);

  /// Resets every open connection for which `matches` says so; returns when it is done.
  void reset_if(const std::function<bool(const Connection&)>& matches);

  /// Closes all listeners; open connections go on.
  void stop_accepting();

  [[nodiscard]] std::size_t open_connections() const { return team_.open_connections; }
  [[nodiscard]] std::size_t max_connections() const { return team_.max_connections; }
  [[nodiscard]] std::size_t threads() const { return team_.workers.size(); }

  /// Whether this forwarder itself listens on something that overlaps `address`.
  [[nodiscard]] bool listens_on(const ListenAddress& address) const;

 private:
  /// Runs `task` in every worker's thread and waits until all have.
  void in_all_workers(const std::function<void(Worker&)>& task);

  WorkerTeam team_;
  std::map<ListenAddress, std::shared_ptr<Listener>> listeners_;
};

}  // namespace netports
