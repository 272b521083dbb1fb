// The daemon's log: one plain line an event on stderr, `event key=value key=value`, for the
// journal.
#pragma once

#include <fmt/core.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace netports::event_log {

struct Field {
  template <typename Value>
  Field(std::string_view key, const Value& value) : key_(key), value_(fmt::format("{}", value)) {}
  std::string_view key_;
  std::string value_;
};

/// Single connections are logged only when this was called.
void enable_debug();
bool debug_enabled();

/// Writes one line in one write. Fields without a value are left out; values with blanks, quotes or
/// control characters are quoted.
void write(std::string_view event, std::initializer_list<Field> fields = {});

}  // namespace netports::event_log
