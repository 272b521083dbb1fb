// commands <word>: help of the plugin, for `dokku help`, `dokku <entry>` and `dokku <entry>:help`.
// For any other word it says that the command is somebody else's [§1.6].
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "dokku/command_table.h"
#include "dokku/log.h"
#include "dokku/program.h"

using namespace netports;

namespace {

/// Whether the `dokku help` that runs us was given --all, which it does not pass on.
bool parent_asked_for_all() {
  const auto command_line = read_file(fmt::format("/proc/{}/cmdline", ::getppid()), 1 << 20);
  if (!command_line) return false;
  for (const auto word : split(*command_line, '\0')) {
    if (word == "--all") return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const int failed = program::trigger(argc, argv, [&](const program::Call& call) {
    const std::string& word = call.args.at(0);
    const std::string& name = call.entry.name;
    if (word == "help") {
      log::result(help_lines(call.entry, parent_asked_for_all()));
    } else if (word == name || word == name + ":help" || word == "--help" || word == "-h") {
      log::result(usage_text(call.entry));
    } else {
      if (!call.env.not_implemented_exit_known) {
        log::plain("failed to retrieve DOKKU_NOT_IMPLEMENTED_EXIT environment variable");
      }
      status = call.env.not_implemented_exit;
    }
  });
  return failed != 0 ? failed : status;
}
