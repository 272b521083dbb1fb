// The options of a PORTS line, `key=value`: one row each in the table of options.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ports/mapping.h"

namespace netports {

/// What is wrong with an option, and how many bytes behind the start of its word.
struct OptionFault {
  std::size_t offset;
  std::string reason;
};

/// Puts the option `word`, "process=imap", into `mapping`. Nothing when that went well.
std::optional<OptionFault> apply_option(std::string_view word, PortMapping& mapping);

/// Every option of `mapping` that is not at its default, each with a blank in front.
std::string options_text(const PortMapping& mapping);

/// Whether `name` may name a process type: [A-Za-z0-9][A-Za-z0-9_-]*, at most 63 bytes.
bool is_process_type(std::string_view name);

}  // namespace netports
