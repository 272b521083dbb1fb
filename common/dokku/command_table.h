// The one list of subcommands: help, usage errors and the README check all read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dokku/entry.h"

namespace netports {

struct Command {
  Role role;                     // whose help shows it
  std::string_view name;         // also the file name in subcommands/
  std::string_view arguments;    // "<app> [--format text|json]", may be empty
  std::string_view description;  // no comma: Dokku's help takes one as a column [§1.6]
};

/// All subcommands, in the order help shows them.
const std::vector<Command>& command_table();

/// The commands shown under `entry`, those of every role that the entry has.
std::vector<Command> commands_of(const Entry& entry);

/// "netports:ports-set <app> <mapping>..." for the entry called.
std::string synopsis(const Entry& entry, const Command& command);

/// What `dokku <entry>` and `dokku <entry>:help` print.
std::string usage_text(const Entry& entry);

/// The one line of `dokku help`, and with `all` the lines of `dokku help --all`.
std::string help_lines(const Entry& entry, bool all);

/// "Usage: dokku netports:ports-set <app> <mapping>..." for errors of that subcommand.
std::string usage_of(const Entry& entry, std::string_view name);

}  // namespace netports
