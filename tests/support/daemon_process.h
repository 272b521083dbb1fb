// The real daemon as a child process: started, asked, signalled, measured, ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wait.h"

namespace netports::test {

struct BackendStatus {
  std::string container;
  std::string name;
  std::string address;
  std::string state;
  std::int64_t open = 0;
  std::int64_t accepted = 0;
  std::int64_t failed = 0;
};

struct PortStatus {
  std::string listen;
  std::string app;
  std::string state;
  std::string error;
  std::int64_t open = 0;
  std::int64_t accepted = 0;
  std::int64_t refused = 0;
  std::int64_t failed = 0;
  std::map<std::string, std::int64_t> reasons;  // why connections were refused or failed
  std::int64_t bytes_in = 0;
  std::int64_t bytes_out = 0;
  std::vector<BackendStatus> backends;
};

/// The daemon's status document.
struct Status {
  std::int64_t open = 0;
  std::int64_t max_connections = 0;
  std::int64_t reloads = 0;
  std::vector<std::int64_t> older_daemons;  // pids
  std::string engine_error;
  std::vector<PortStatus> ports;
  std::vector<std::string> problems;  // "app: text"

  /// The port that listens on `listen`, else one that is empty.
  [[nodiscard]] PortStatus port(const std::string& listen) const;
};

/// What the kernel says of the process.
struct Usage {
  std::size_t resident_bytes;
  std::size_t data_bytes;  // what RLIMIT_DATA counts
  std::size_t descriptors;
  std::size_t threads;
};

class DaemonProcess {
 public:
  struct Options {
    std::string program;  // the daemon
    std::vector<std::string> arguments;
    std::string control;                // path of its control socket
    std::string log;                    // file for its stderr
    unsigned long max_descriptors = 0;  // hard and soft limit; 0: as ours
  };

  explicit DaemonProcess(Options options);
  /// Ends it at once. Anything but a clean exit fails the running test: a sanitizer's report, a
  /// crash, or a daemon that does not end.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Whether it said that it is ready; waits for that.
  bool wait_ready(std::chrono::milliseconds limit = kDeadline);
  void signal(int number) const;
  /// Exit status, 128 + signal number when a signal ended it; nothing when it still runs.
  std::optional<int> wait_exit(std::chrono::milliseconds limit = kDeadline);

  /// The whole answer to one control request.
  [[nodiscard]] std::string ask(const std::string& line) const;
  [[nodiscard]] Status status(const std::string& app = "") const;
  [[nodiscard]] Usage usage() const;
  [[nodiscard]] std::string log() const;
  /// Waits until the log contains `text`.
  [[nodiscard]] bool wait_log(const std::string& text) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The pid that the last `event` in the log names. Errors: std::runtime_error when there is none.
  [[nodiscard]] pid_t pid_in_log(const std::string& event) const;
  /// How many upgrades have been completed so far.
  [[nodiscard]] std::size_t upgrades() const;
  /// Starts an upgrade and waits until the new daemon has taken over; false when it does not.
  [[nodiscard]] bool upgrade() const;
  /// Stops all its threads where they are, until `signal(SIGCONT)`.
  void freeze() const;
  /// Waits until this one has ended by itself after an upgrade; from then on the daemon is `pid`.
  void follow(pid_t pid);

 private:
  const Options options_;
  pid_t pid_ = -1;
  int ready_fd_ = -1;
  std::optional<int> exit_status_;
};

}  // namespace netports::test
