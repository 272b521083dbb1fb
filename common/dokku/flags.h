// The words and flags of a subcommand's command line, in GNU style as Dokku's own read them [§6].
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dokku/command_table.h"

namespace netports {

/// A command line, checked against the command's row. `program::subcommand` makes it.
class Flags {
 public:
  /// Reads `words`: flags anywhere, `--f v`, `--f=v`, `--` ends them. With --help or -h among them
  /// nothing else is read. `command` must outlive it.
  /// Errors: UsageError for a flag that the row does not have, a value that it does not take, and
  /// more words than it takes.
  Flags(const Entry& entry, const Command& command, const std::vector<std::string>& words);

  [[nodiscard]] bool help_wanted() const { return help_wanted_; }

  /// Of a flag without a value. Asking for a flag that the row does not have throws.
  [[nodiscard]] bool flag(std::string_view name) const;
  /// The last one given, else what the row says.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  /// Whether the flag stood on the command line.
  [[nodiscard]] bool given(std::string_view name) const;
  /// The words that are no flags; empty string when there are fewer.
  [[nodiscard]] const std::string& positional(std::size_t index) const;
  [[nodiscard]] bool has_positional() const { return !positionals_.empty(); }
  [[nodiscard]] std::vector<std::string> positionals_from(std::size_t index) const;
  /// The flags of a report that name one of its values, "--network-tld".
  [[nodiscard]] const std::vector<std::string>& info_flags() const { return info_flags_; }

  /// Errors: UsageError, always: the synopsis and `cause`.
  [[noreturn]] void refuse(const std::string& cause) const;

 private:
  void read(const std::vector<std::string>& words);
  void take(const FlagRow& flag, const std::string& value);
  void add_word(const std::string& word);
  [[nodiscard]] const FlagRow& row(std::string_view name) const;

  std::string synopsis_;
  const Command& command_;
  bool help_wanted_ = false;
  std::map<std::string_view, std::vector<std::string>> given_;
  std::vector<std::string> positionals_;
  std::vector<std::string> info_flags_;
};

}  // namespace netports
