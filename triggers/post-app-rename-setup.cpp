// post-app-rename-setup <app> <new name>: an app gets another name; the old one is destroyed next.
#include "dokku/program.h"
#include "network/lifecycle.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const auto& args = call.args;
    // Ports first: as a plugin called "network" the other role takes all properties away.
    if (call.acts_as(Role::ports)) {
      rename(PortsRole(call.env, call.entry), args.at(0), args.at(1));
    }
    if (call.acts_as(Role::network)) network::on_rename(call.env, args.at(0), args.at(1));
  });
}
