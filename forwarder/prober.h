// Dials backends that are down until they answer, so that no client has to find out.
#pragma once

#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "forwarder/route.h"

namespace netports {

/// The probes of one thread. A probe connects and closes; nothing is sent.
class Prober {
 public:
  /// Marks `backend` down and probes it as long as `listener` leads to it: kBackendPauseFirst from
  /// now, then with pauses that double up to kBackendPauseLongest. One that is probed already
  /// stays with whoever does. Errors: std::bad_alloc, and nothing has changed.
  void add(const std::shared_ptr<Backend>& backend, const std::shared_ptr<Listener>& listener,
           Millis now);

  /// Moves all probes on; never waits. To be called every kTick while there are any.
  void tick(const RouteTable& table, Millis now);

  [[nodiscard]] bool empty() const { return probes_.empty(); }

 private:
  struct Probe {
    std::shared_ptr<Backend> backend;
    std::shared_ptr<Listener> listener;
    UniqueFd fd;  // while it is being dialled
    Millis next;  // when to dial; while it is being dialled, when to give up
    Millis pause;
  };
  /// False when it is over.
  static bool move_on(Probe& probe, const RouteTable& table, Millis now);

  std::vector<Probe> probes_;
};

}  // namespace netports
