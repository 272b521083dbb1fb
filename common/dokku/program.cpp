#include "dokku/program.h"

#include <unistd.h>

#include <csignal>
#include <exception>

#include "base/error.h"
#include "dokku/command_table.h"
#include "dokku/flags.h"
#include "dokku/log.h"

namespace netports::program {

namespace {

constexpr int kTriggerDepth = 1;
constexpr int kSubcommandDepth = 2;
constexpr int kInstallerDepth = 2;

std::vector<std::string> words_from(int argc, char** argv, int first) {
  std::vector<std::string> words;
  for (int i = first; i < argc; ++i) words.emplace_back(argv[i]);
  return words;
}

/// The one try/catch around every main.
int guarded(const std::function<int()>& body) {
  // A reader that went away shows as EPIPE where we write, not as a silent death half-way.
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow is an error like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return body();
  } catch (const UsageError& error) {
    log::reserve_stdout();
    log::plain("{}", error.what());
    return error.status();
  } catch (const Error& error) {
    if (*error.what() != '\0') log::warn("{}", error.what());
    return error.status();
  } catch (const std::exception& error) {
    log::warn("{}", error.what());
    return 1;
  }
}

Call call_of(int argc, char** argv, int depth) {
  Call call{Args(words_from(argc, argv, 1)), Entry::of(argv[0], depth),
            Environment::from_process()};
  log::configure(call.env.quiet, call.env.trace);
  return call;
}

/// The words of a subcommand, with the app of Dokku's --app where the command wants it.
std::vector<std::string> words_of(const Call& call, const Command& command) {
  auto words = call.args.from(1);
  const std::string& app = call.env.app_name;
  if (app.empty()) return words;
  const bool inserted = call.entry.inside_core;
  const bool app_first = command.words == Words::app || command.words == Words::app_and_more;
  if (app_first) {
    if (!inserted) words.insert(words.begin(), app);
    return words;
  }
  // Dokku puts it in front of any command's words: `create` would take it for the network.
  if (inserted && !words.empty() && words[0] == app) words.erase(words.begin());
  if (flag_of(command, "app") != nullptr) words.insert(words.begin(), {"--app", app});
  return words;
}

void copy_stdin_to_stdout() {
  if (::isatty(0) == 1) return;  // tried by hand: do not wait for the keyboard
  char buffer[4096];
  ssize_t n = 0;
  while ((n = ::read(0, buffer, sizeof buffer)) > 0) {
    log::result({buffer, static_cast<std::size_t>(n)});
  }
}

}  // namespace

const std::string& Args::at(std::size_t index) const {
  static const std::string missing;
  return index < words_.size() ? words_[index] : missing;
}

const std::string& Args::required(std::size_t index, const std::string& what) const {
  const std::string& word = at(index);
  if (word.empty()) throw Error("No {} specified", what);
  return word;
}

std::vector<std::string> Args::from(std::size_t index) const {
  if (index >= words_.size()) return {};
  return {words_.begin() + static_cast<std::ptrdiff_t>(index), words_.end()};
}

int trigger(int argc, char** argv, const std::function<void(const Call&)>& body) {
  return guarded([&] {
    body(call_of(argc, argv, kTriggerDepth));
    return 0;
  });
}

int trigger(int argc, char** argv, Role role, const std::function<void(const Call&)>& body) {
  return trigger(argc, argv, [&](const Call& call) {
    if (call.acts_as(role)) body(call);
  });
}

int installer(int argc, char** argv, const std::function<void(const Call&)>& body) {
  return guarded([&] {
    body(call_of(argc, argv, kInstallerDepth));
    return 0;
  });
}

int docker_args_trigger(int argc, char** argv, const std::function<void(const Call&)>& body) {
  return docker_args_trigger(
      argc, argv, [](const Call&) { return std::string(); }, body);
}

int docker_args_trigger(int argc, char** argv,
                        const std::function<std::string(const Call&)>& before,
                        const std::function<void(const Call&)>& body) {
  return guarded([&] {
    log::reserve_stdout();
    const Call call = call_of(argc, argv, kTriggerDepth);
    log::result(before(call));
    copy_stdin_to_stdout();
    body(call);
    return 0;
  });
}

int subcommand(int argc, char** argv, std::string_view name,
               const std::function<int(const Call&, const Flags&)>& body) {
  return guarded([&] {
    const Call call = call_of(argc, argv, kSubcommandDepth);
    const Command& command = command_of(call.entry, name);
    const Flags flags(call.entry, command, words_of(call, command));
    if (!flags.help_wanted()) return body(call, flags);
    log::result(help_text(call.entry, command));
    return 0;
  });
}

}  // namespace netports::program
