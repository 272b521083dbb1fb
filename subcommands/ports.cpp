// ports [<app>] [--format text|json] [--connections] [--watch]: what is forwarded now, or who is
// connected; with --watch as a table that follows.
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/view.h"

using namespace netports;

namespace {

constexpr std::chrono::seconds kRefresh{1};
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

}  // namespace

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "ports", [](const program::Call& call, const Flags& flags) {
        const std::string& app = flags.positional(0);
        const bool connections = flags.flag("connections");
        const bool as_json = flags.value("format") == "json";
        if (flags.has_positional()) verify_app(call.env, app);
        const PortsRole ports(call.env, call.entry);
        if (!flags.flag("watch")) {
          log::result(as_json ? forwarder_document(ports, app, connections) + "\n"
                              : forwarder_text(ports, app, connections, call.env.quiet));
          return 0;
        }
        if (as_json || ::isatty(1) != 1) {
          throw Error("Unable to watch: It needs a terminal, and text as its format");
        }
        while (true) {  // until Ctrl-C
          log::result(kClearScreen + forwarder_text(ports, app, connections, call.env.quiet));
          std::this_thread::sleep_for(kRefresh);
        }
      });
}
