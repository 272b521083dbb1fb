#include "dokku/confirm.h"

#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "dokku/log.h"

namespace netports {

namespace {

constexpr std::size_t kMaxLineBytes = 65536;

/// One line of stdin without its end, and not a byte more: the rest may be for somebody else.
/// Nothing at the end of input.
std::optional<std::string> read_line() {
  std::string line;
  char c = 0;
  while (line.size() < kMaxLineBytes) {
    const ssize_t n = ::read(0, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
  }
  return line;
}

}  // namespace

void confirm_destruction(const std::string& kind, const std::string& name) {
  log::warn("WARNING: Potentially Destructive Action");
  log::warn("This command will destroy {} {}.", kind, name);
  log::warn(R"(To proceed, type "{}")", name);
  log::result("> ");
  const auto line = read_line();
  const auto answer = line ? words(trim(*line)) : std::vector<std::string_view>();
  if (answer.empty()) throw Error(line ? "unexpected newline" : "EOF");
  if (answer.size() > 1) throw Error("expected newline");
  if (answer[0] != name) {
    log::reserve_stdout();
    log::plain("Confirmation did not match {}. Aborted.", name);
    throw Error("");
  }
}

}  // namespace netports
