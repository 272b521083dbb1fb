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

/// Who is connected to what.
struct ConnectionInfo {
  std::string listen;        // "25"
  std::string app;           // "mail"
  std::string client;        // "192.0.2.7:40112"
  std::string container;     // "web.1"; empty while none answered
  std::string container_id;  // 64 hex digits: the release
  std::string state;         // greeting, connecting, streaming, draining
  Millis age_ms = 0;
};

/// Connections that only finish: of a container that is no longer the port's, or of a port that is
/// gone.
struct Draining {
  std::shared_ptr<const Route> route;  // as it was when they came
  std::shared_ptr<Backend> backend;
  std::size_t open = 0;
};

/// `apply`, `stop` and `adopt` are for one thread, the manager's; counts are for any.
class Forwarder {
 public:
  /// `descriptors`: that the process may have. `max_connections`: 0 for as many as they allow.
  /// Errors: Error when the threads cannot be set up.
  Forwarder(unsigned threads, std::size_t descriptors, std::size_t max_connections,
            std::function<void(const std::string& app)> on_unreachable);
  ~Forwarder();

  /// Makes `routes` what is served: binds what is new, drops what is gone, keeps every other
  /// listener as it is, and swaps the table. When it returns, every new connection follows the new
  /// routes. Addresses that cannot be bound are reported and may be tried again by another call.
  std::vector<PortState> apply(const std::vector<std::shared_ptr<const Route>>& routes);

  /// The app was stopped: resets its open connections, but for those that still hold bytes of the
  /// containers for a slow client; these have their mapping's drain timeout.
  void stop_app(const std::string& app);

  /// Closes all listeners; open connections go on. Those of ports that are not among `routes`, the
  /// first time or in a later call, have the drain timeout of their mapping.
  void stop_accepting(const std::vector<std::shared_ptr<const Route>>& routes);

  /// Open connections of `app` (empty: of all), at most `limit`. Waits for the threads.
  [[nodiscard]] std::vector<ConnectionInfo> connections(const std::string& app,
                                                        std::size_t limit) const;

  /// What drains, one entry a port and container, in their order. Waits for the threads.
  [[nodiscard]] std::vector<Draining> draining() const;

  /// A socket that listens on `address` already, of the daemon before this one. The next `apply`
  /// uses it if it serves that address, and closes it otherwise.
  void adopt(const ListenAddress& address, UniqueFd socket);
  using Sockets = std::vector<std::pair<ListenAddress, int>>;
  /// Calls `start` with the listening sockets, borrowed, for the daemon after this one. It may
  /// start a process, and returns when that has no copies left of the other descriptors.
  void lend_sockets(const std::function<void(const Sockets&)>& start) const;

  [[nodiscard]] std::size_t open_connections() const { return team_.open_connections; }
  [[nodiscard]] std::size_t max_connections() const { return team_.max_connections; }
  [[nodiscard]] std::size_t threads() const { return team_.workers.size(); }

  /// Whether this forwarder itself listens on something that overlaps `address`.
  [[nodiscard]] bool listens_on(const ListenAddress& address) const;

 private:
  struct Served {
    std::shared_ptr<Listener> listener;
    std::shared_ptr<const Route> route;
    std::uint64_t wanted = 0;  // the number of the last `apply` that wanted it
    bool accepting = false;    // all threads have been told
  };

  /// What `in_all_workers` does when there is no memory to ask: waits for it, or fails.
  enum class Urgency { must, may_fail };
  /// Runs `task` in every worker's thread and waits until all have. Errors: std::bad_alloc when a
  /// thread had no memory for it.
  template <typename Task>
  void in_all_workers(Urgency urgency, const Task& task) const;
  /// Listens on what `route` asks for, no thread accepts from it yet. Null, and why, when it
  /// cannot.
  Served* serve_anew(const std::shared_ptr<const Route>& route, std::string& error);
  /// Closes the listeners of `gone` and forgets them.
  void drop(const std::vector<Served>& gone, bool drain);
  /// Gives the open connections of `gone`, which no longer are their app's, its drain timeout.
  void let_finish(const std::vector<Served>& gone) const;
  /// Marks the backends of `routes` at which one of our listeners would answer: a container on the
  /// host's own network that has gone leaves such an address, and dialling it makes each connection
  /// the client of the next one.
  void mark_own(const std::vector<std::shared_ptr<const Route>>& routes) const;
  /// A connection has two descriptors; what listeners and the rest of the daemon need is kept back.
  void limit_connections();
  UniqueFd take_socket(const ListenAddress& address);
  std::shared_ptr<Listener> open(const ListenAddress& address);

  const std::size_t descriptors_;
  const std::size_t wanted_connections_;  // 0: no limit of the operator's
  WorkerTeam team_;
  std::map<ListenAddress, Served> served_;
  std::vector<Served> finishing_;  // what was served when all listeners were closed
  std::uint64_t applied_ = 0;
  std::uint32_t slots_ = 0;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> freed_slots_;  // free once no thread uses a table that has them
  std::map<ListenAddress, UniqueFd> adopted_;
};

}  // namespace netports
