// ports-set <app> <mapping>...: mappings in place of the app's PORTS file.
#include "dokku/app.h"
#include "dokku/program.h"
#include "ports/assign.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    const std::string& app = call.args.at(0);
    verify_app(call.env, app);
    assign_ports(PortsRole(call.env, call.entry), app, call.args.from(1));
    return 0;
  });
}
