// Replacing the running daemon by a new one without closing a socket.
//
//   old: SIGUSR2 -> starts the program at its own path anew, with the listening sockets inherited
//   new: serves from them, says it is ready
//   old: stops accepting, lets its open connections finish, exits
//
// A new daemon that ends, or is not ready in time, is killed and nothing has changed. Going back to
// an earlier version is the same.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "dokku/app.h"
#include "forwarder/generations.h"
#include "forwarder/route.h"
#include "ports/mapping.h"

namespace netports {

/// The containers that each app's clients get to.
using ContainersInUse = std::map<std::string, std::vector<ContainerFile>>;

/// What one daemon leaves to the next. Descriptors are named in a list, itself a descriptor.
struct Inheritance {
  std::vector<std::pair<ListenAddress, UniqueFd>> listeners;
  UniqueFd control;               // the control socket, listening
  std::vector<Generation> older;  // daemons before that still have connections, oldest first
  ContainersInUse in_use;
};

/// Reads the list that `list_fd` holds and takes the descriptors it names over.
/// Errors: Error when the list is none of ours.
Inheritance read_inheritance(int list_fd);

/// A new daemon on its way. Ends it when destroyed before it is ready.
class Upgrade {
 public:
  enum class State { starting, ready, failed };

  /// Starts `arguments` (the program first) with what it inherits. The descriptors are borrowed.
  /// Errors: Error when it cannot be started.
  Upgrade(const std::vector<std::string>& arguments,
          const std::vector<std::pair<ListenAddress, int>>& listeners, int control,
          const std::vector<std::pair<int, bool>>& older, const ContainersInUse& in_use);
  ~Upgrade();
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  /// Looks at how it goes; never waits.
  State look();
  /// Why it failed.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable as soon as `look` has news.
  [[nodiscard]] int ready_descriptor() const { return ready_.get(); }

 private:
  pid_t pid_ = -1;
  UniqueFd ready_;
  Millis deadline_ = 0;
  State state_ = State::starting;
  std::string reason_;
};

}  // namespace netports
