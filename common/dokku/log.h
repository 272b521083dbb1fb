// Dokku's message prefixes and streams [§8.1]. The only code that writes messages.
#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace netports::log {

/// Set once by `program`: quiet silences the *_quiet forms; with stdout reserved for a result that
/// Dokku captures, every message goes to stderr.
void configure(bool quiet, bool trace);
void reserve_stdout();

enum class Kind { plain, info1, info2, verbose, warn, debug };

/// One message line of that kind. `quietable` ones vanish under `--quiet`.
void write(Kind kind, bool quietable, std::string_view message);

/// The result itself: `text` to stdout as it is, never prefixed, never silenced.
void result(std::string_view text);

#define NETPORTS_LOG_KIND(name, kind, quietable)                              \
  template <typename... Args>                                                 \
  void name(fmt::format_string<Args...> format, Args&&... args) {             \
    write(kind, quietable, fmt::format(format, std::forward<Args>(args)...)); \
  }

NETPORTS_LOG_KIND(info1, Kind::info1, false)
NETPORTS_LOG_KIND(info1_quiet, Kind::info1, true)
NETPORTS_LOG_KIND(info2_quiet, Kind::info2, true)
NETPORTS_LOG_KIND(verbose, Kind::verbose, false)
NETPORTS_LOG_KIND(verbose_quiet, Kind::verbose, true)
NETPORTS_LOG_KIND(plain, Kind::plain, false)
NETPORTS_LOG_KIND(warn, Kind::warn, false)
NETPORTS_LOG_KIND(debug, Kind::debug, false)

#undef NETPORTS_LOG_KIND

}  // namespace netports::log
