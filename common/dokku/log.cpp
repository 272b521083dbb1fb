#include "dokku/log.h"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace netports::log {

namespace {

bool quiet_output = false;
bool trace_output = false;
bool stdout_reserved = false;

std::string_view prefix(Kind kind) {
  switch (kind) {
    case Kind::info1:
      return "-----> ";
    case Kind::info2:
      return "=====> ";
    case Kind::verbose:
      return "       ";
    case Kind::warn:
      return " !     ";
    case Kind::debug:
      return " ?     ";
    case Kind::plain:
      break;
  }
  return "";
}

// One write per message: lines of two programs that share a terminal do not mix.
void write_to(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // nobody reads: nothing left to tell
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void configure(bool quiet, bool trace) {
  quiet_output = quiet;
  trace_output = trace;
}

void reserve_stdout() { stdout_reserved = true; }

void write(Kind kind, bool quietable, std::string_view message) {
  if (quietable && quiet_output) return;
  if (kind == Kind::debug && !trace_output) return;
  const bool to_stderr = stdout_reserved || kind == Kind::warn || kind == Kind::debug;
  write_to(to_stderr ? 2 : 1, fmt::format("{}{}\n", prefix(kind), message));
}

void result(std::string_view text) { write_to(1, text); }

}  // namespace netports::log
