// Asking the daemon over its control socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ports/mapping.h"

namespace netports {

/// What the daemon answered.
struct Reply {
  std::string error;  // what stands behind "error" in its first line; empty for "ok"
  std::string body;   // all behind the first line
};

/// Sends `line` to the daemon that listens on the unix socket `socket` and reads its answer, at
/// most 16 MiB, until it closes the connection.
/// Errors: Error "The forwarder does not answer on <socket>: …", also when `timeout` has passed or
/// the answer is no answer.
Reply ask(const std::string& socket, const std::string& line, std::chrono::milliseconds timeout);

/// Where the daemon with process id `pid` listens once another one has `socket`.
std::string control_path_of(const std::string& socket, std::int64_t pid);

/// The questions. Errors of all: as `ask`, and Error with the daemon's own words.
class ForwarderControl {
 public:
  explicit ForwarderControl(std::string socket) : socket_(std::move(socket)) {}

  /// Makes it read the mappings of `app`, or of all apps, and route new connections to the
  /// containers that run now; returns when that is so. Gives its warnings.
  std::vector<std::string> reload(const std::string& app = "") const;

  /// The same for an app whose containers were stopped on purpose: what is open to them is reset.
  std::vector<std::string> stop(const std::string& app) const;

  /// Asks whether it could listen. Gives "25 Address already in use" for each address that another
  /// program holds.
  std::vector<std::string> probe(const std::vector<PortMapping>& mappings) const;

  /// The same daemon's control, of the process `pid` from before an upgrade.
  [[nodiscard]] ForwarderControl older(std::int64_t pid) const {
    return ForwarderControl(control_path_of(socket_, pid));
  }

  /// Who is connected, one JSON list.
  std::string connections(const std::string& app = "") const;

  /// What it forwards, one JSON document.
  std::string status(const std::string& app = "") const;

 private:
  [[nodiscard]] std::string body_of(const std::string& line,
                                    std::chrono::milliseconds timeout) const;

  std::string socket_;
};

}  // namespace netports
