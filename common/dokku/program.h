// The frame of every trigger and subcommand: arguments in, one place that reports errors, exit
// status out.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dokku/entry.h"
#include "dokku/environment.h"

namespace netports {
class Flags;
}

namespace netports::program {

/// The positional arguments of a trigger or subcommand. Missing ones are empty, as Dokku's are.
class Args {
 public:
  explicit Args(std::vector<std::string> words) : words_(std::move(words)) {}

  /// Argument `index`; empty when it is missing.
  [[nodiscard]] const std::string& at(std::size_t index) const;
  /// Argument `index`. Errors: Error naming `what` when it is missing or empty.
  [[nodiscard]] const std::string& required(std::size_t index, const std::string& what) const;
  /// All from `index` on.
  [[nodiscard]] std::vector<std::string> from(std::size_t index) const;
  [[nodiscard]] std::size_t size() const { return words_.size(); }

 private:
  std::vector<std::string> words_;
};

/// One run of an executable: how it was called, with what, in which environment.
struct Call {
  Args args;
  Entry entry;
  Environment env;

  [[nodiscard]] bool acts_as(Role role) const { return entry.acts_as(role); }
};

/// Runs `body`; prints what it throws (` !     ` line on stderr; usage errors plain) and turns it
/// into the exit status.
int trigger(int argc, char** argv, const std::function<void(const Call&)>& body);

/// The same for a trigger of one role only; under another entry it exits 0 and prints nothing.
int trigger(int argc, char** argv, Role role, const std::function<void(const Call&)>& body);

/// The compiled half of a trigger that is a bash script at the top level: it lies in bin/ and is
/// called by that script. Arguments and errors as for a trigger.
int installer(int argc, char** argv, const std::function<void(const Call&)>& body);

/// For a trigger whose stdout Dokku captures as docker arguments [§3.1]: copies stdin to stdout
/// first, under every entry, sends all messages to stderr, then runs `body`.
int docker_args_trigger(int argc, char** argv, const std::function<void(const Call&)>& body);

/// The same, with what `before` gives in front of the copy: Dokku's own network hooks answer so.
int docker_args_trigger(int argc, char** argv,
                        const std::function<std::string(const Call&)>& before,
                        const std::function<void(const Call&)>& body);

/// Subcommand `name` of the command table; empty: the bare plugin name. Reads the words behind
/// Dokku's own argv[1] [§1.4] by the row of the table, answers --help itself, and gives `body` what
/// was read; `body` gives the exit status. The app of Dokku's `--app` becomes the first word of a
/// command that takes an app there, where Dokku did not put it there itself [§1.5]; else the value
/// of the command's own --app. Other commands do not see it.
int subcommand(int argc, char** argv, std::string_view name,
               const std::function<int(const Call&, const Flags&)>& body);

}  // namespace netports::program
