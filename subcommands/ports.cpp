// ports [<app>] [--format text|json] [--connections] [--watch]: what is forwarded now, or who is
// connected; with --watch as a table that follows.
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "dokku/app.h"
#include "dokku/command_table.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/role.h"
#include "ports/table.h"

using namespace netports;

namespace {

constexpr std::chrono::seconds kRefresh{1};
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

struct Wanted {
  std::string app;  // empty: all that the caller may see
  bool connections = false;
  bool json = false;
};

std::string document_of(const program::Call& call, const Wanted& wanted) {
  const PortsRole ports(call.env, call.entry);
  const std::string status = ports.forwarder.status(wanted.app);
  std::string document = wanted.connections ? ports.forwarder.connections(wanted.app) : status;
  // Those from before upgrades only finish, and are asked one by one.
  for (const auto pid : older_daemons(status)) {
    try {
      const ForwarderControl older = ports.forwarder.older(pid);
      document = wanted.connections ? connections_and(document, older.connections(wanted.app))
                                    : status_and(document, older.status(wanted.app));
    } catch (const Error&) {
      continue;  // it has just ended
    }
  }
  if (wanted.app.empty()) {
    // Whoever may not see an app does not see its ports either.
    const auto apps = visible_apps(call.env);
    const std::set<std::string> visible(apps.begin(), apps.end());
    document = wanted.connections ? connections_of_apps(document, visible)
                                  : status_of_apps(document, visible);
  }
  while (document.ends_with('\n')) document.pop_back();
  return document;
}

void show(const program::Call& call, const Wanted& wanted) {
  const std::string document = document_of(call, wanted);
  if (wanted.json) return log::result(document + "\n");
  const std::string title = wanted.connections ? "Connections" : "Public ports";
  log::info2_quiet("{}", wanted.app.empty() ? title : title + " of " + wanted.app);
  log::result(wanted.connections ? connections_table(document) : status_table(document));
}

}  // namespace

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    Flags flags(call.entry.name + ":ports");
    flags.add_string("format", "format: [ text | json ]", "text");
    flags.add_bool("connections", "who is connected, and to which container");
    flags.add_bool("watch", "refresh every second, on a terminal");
    if (!flags.parse(call.args.all())) return 0;
    if (flags.positionals().size() > 1) throw UsageError(usage_of(call.entry, "ports"));
    const std::string& format = flags.value("format");
    if (format != "text" && format != "json") {
      throw Error("Invalid format specified, use either text or json");
    }
    const Wanted wanted{flags.positional(0), flags.flag("connections"), format == "json"};
    if (!flags.positionals().empty()) verify_app(call.env, wanted.app);
    if (!flags.flag("watch")) {
      show(call, wanted);
      return 0;
    }
    if (wanted.json || ::isatty(1) != 1) {
      throw Error("Unable to watch: It needs a terminal, and text as its format");
    }
    while (true) {  // until Ctrl-C
      log::result(kClearScreen);
      show(call, wanted);
      std::this_thread::sleep_for(kRefresh);
    }
  });
}
