// ports-set <app> [<mapping>...]: mappings in place of the app's PORTS file.
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/program.h"
#include "ports/assign.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "ports-set", [](const program::Call& call, const Flags& flags) {
        const std::string& app = flags.positional(0);
        if (app.empty()) flags.refuse("an app is needed");
        verify_app(call.env, app);
        assign_ports(PortsRole(call.env, call.entry), app, flags.positionals_from(1));
        return 0;
      });
}
