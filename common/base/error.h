// The ways a program can fail. `program` prints the message and exits with the status, once.
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace netports {

/// Could not be done: exit status 1. The message names the object and ends with the reason,
/// begins with a capital and has no full stop.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, int status = 1)
      : std::runtime_error(message), status_(status) {}
  template <typename First, typename... Rest>
  Error(fmt::format_string<First, Rest...> format, First&& first, Rest&&... rest)
      : Error(fmt::format(format, std::forward<First>(first), std::forward<Rest>(rest)...)) {}

  [[nodiscard]] int status() const { return status_; }

 private:
  int status_;
};

/// Wrong command line, nothing was changed: exit status 2. Printed without Dokku's prefix.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(message, 2) {}
};

/// The app does not exist, or the user may not see it: exit status 20 [§5.2].
class NoSuchApp : public Error {
 public:
  explicit NoSuchApp(const std::string& app)
      : Error(fmt::format("App {} does not exist", app), 20) {}
};

/// What the C library says of `error`, an errno value: "Permission denied".
std::string errno_text(int error);

}  // namespace netports
