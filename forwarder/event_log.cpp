#include "forwarder/event_log.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include "base/text.h"

namespace netports::event_log {

namespace {

std::atomic<bool> debug{false};

bool needs_quotes(const std::string& value) {
  return value.find_first_of(" \t\"=") != std::string::npos;
}

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

void enable_debug() { debug = true; }
bool debug_enabled() { return debug; }

void write(std::string_view event, std::initializer_list<Field> fields) try {
  std::string line(event);
  for (const auto& field : fields) {
    if (field.value_.empty()) continue;
    const std::string value = printable(field.value_, 1000);
    line += fmt::format(" {}={}", field.key_, needs_quotes(value) ? quoted(value) : value);
  }
  line += '\n';
  // A full disk, a journal that is closed or does not read must not stop the forwarder.
  pollfd log{2, POLLOUT, 0};
  if (::poll(&log, 1, 0) == 0) return;
  [[maybe_unused]] const ssize_t written = ::write(2, line.data(), line.size());
} catch (const std::bad_alloc&) {
  // Nor must memory that ran out: no event is worth a connection.
}

}  // namespace netports::event_log
