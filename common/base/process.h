// Running other programs, always as an argument vector: no shell ever sees what we pass on.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace netports {

struct ProcessResult {
  int status;       // exit status; 128 + signal number when a signal ended it
  std::string out;  // stdout, at most 16 MiB
  std::string err;  // stderr, at most 16 MiB
};

/// Runs argv[0] (looked up in PATH) with stdin from /dev/null, captures stdout and stderr, waits.
/// Errors: Error when the program cannot be started, or has not ended after `timeout` (zero: none);
/// it is killed then.
ProcessResult run_process(const std::vector<std::string>& argv,
                          std::chrono::milliseconds timeout = {});

/// Becomes argv. Returns only by throwing Error.
[[noreturn]] void exec_process(const std::vector<std::string>& argv);

}  // namespace netports
