// The one list of subcommands and their flags: parsing, --help, usage errors, the plugin's help and
// the README check all read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dokku/entry.h"

namespace netports {

/// A flag of a subcommand. Every one has --help and -h besides.
struct FlagRow {
  std::string_view name;            // without its dashes
  std::string_view value;           // "<ip>", or the words it takes: "text|json"; empty: no value
  std::string_view help;            // one line
  std::string_view otherwise = "";  // its value when it is not given
  bool repeated = false;            // may be given several times
};

/// The words of a command line that are no flags.
enum class Words {
  none,
  one,          // something that is no app
  app,          // an app, or the value of Dokku's own --app
  app_and_more  // an app first, then any number
};

struct Command {
  Role role;                     // whose help shows it
  std::string_view name;         // also the file name in subcommands/
  std::string_view arguments;    // "<app> [--format text|json]", may be empty
  std::string_view description;  // neither has a comma: Dokku's help takes one as a column [§1.6]
  Words words;
  std::vector<FlagRow> flags = {};  // sorted by name
  bool info_flags = false;          // a report: any other --word asks for one value of it alone
  std::string_view notes = "";      // more lines of --help, what the words mean
  // All arguments, where `arguments` leaves some out to be what Dokku's own help shows [§1.6].
  std::string_view all_arguments = "";
};

/// All subcommands, in the order help shows them.
const std::vector<Command>& command_table();

/// The commands shown under `entry`, those of every role that the entry has.
std::vector<Command> commands_of(const Entry& entry);

/// The row of subcommand `name`, that of a role of `entry` where two roles have one. The empty name
/// is the plugin's own, `dokku netports`. Errors: Error when there is none.
const Command& command_of(const Entry& entry, std::string_view name);

/// The flag of that name; null when the command has none.
const FlagRow* flag_of(const Command& command, std::string_view name);

/// "netports:ports-set <app> [<mapping>...]" for the entry called, as the plugin's help has it.
std::string synopsis(const Entry& entry, const Command& command);

/// The same with all arguments, for --help and usage errors.
std::string full_synopsis(const Entry& entry, const Command& command);

/// What `dokku <entry>` and `dokku <entry>:help` print.
std::string usage_text(const Entry& entry);

/// What `dokku <entry>:<command> --help` prints: synopsis, description, notes and flags.
std::string help_text(const Entry& entry, const Command& command);

/// The one line of `dokku help`, and with `all` the lines of `dokku help --all`.
std::string help_lines(const Entry& entry, bool all);

}  // namespace netports
