// Command line flags the way Dokku's own subcommands read them (GNU style, pflag texts) [§6].
#pragma once

#include <map>
#include <string>
#include <vector>

namespace netports {

/// The flags that one subcommand knows. Parsing gives values and positional words.
///
///   Flags flags("network:list");
///   flags.add_bool("dokku-managed", "show only dokku-managed networks");
///   flags.add_string("format", "format: [ text | json ]", "text");
///   if (!flags.parse(call.args.all())) return 0;  // --help was asked for and printed
class Flags {
 public:
  explicit Flags(std::string command) : command_(std::move(command)) {}

  void add_bool(const std::string& name, const std::string& help);
  void add_string(const std::string& name, const std::string& help, const std::string& otherwise);
  /// A string flag that may be given several times.
  void add_list(const std::string& name, const std::string& help);

  /// Reads `words`: flags anywhere, `--f v`, `--f=v`, `--` ends them. False when --help or -h was
  /// asked for: usage has been printed to stderr.
  /// Errors: UsageError with usage and cause, as pflag words them.
  [[nodiscard]] bool parse(const std::vector<std::string>& words);

  [[nodiscard]] bool flag(const std::string& name) const;
  [[nodiscard]] const std::string& value(const std::string& name) const;
  [[nodiscard]] const std::vector<std::string>& values(const std::string& name) const;
  /// Whether the flag stood on the command line.
  [[nodiscard]] bool given(const std::string& name) const;
  /// The words that are no flags; empty string when there are fewer.
  [[nodiscard]] const std::string& positional(std::size_t index) const;
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  enum class Type { boolean, string, list };
  struct Flag {
    Type type;
    std::string help;
    std::string otherwise;
    bool given = false;
    std::vector<std::string> values = {};
  };

  [[nodiscard]] std::string usage() const;
  [[noreturn]] void refuse(const std::string& cause) const;
  void take(const std::string& name, const std::string& value);
  [[nodiscard]] const Flag& known(const std::string& name) const;

  std::string command_;
  std::map<std::string, Flag> flags_;  // sorted by name, as usage lists them
  std::vector<std::string> positionals_;
};

}  // namespace netports
