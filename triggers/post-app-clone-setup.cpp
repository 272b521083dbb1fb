// post-app-clone-setup <app> <copy>: an app was copied; the copy has no containers yet.
#include "dokku/program.h"
#include "network/lifecycle.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const auto& args = call.args;
    // Network first: as a plugin called "network" it copies the properties of both roles.
    if (call.acts_as(Role::network)) network::on_clone(call.env, args.at(0), args.at(1));
    if (call.acts_as(Role::ports)) {
      clone(PortsRole(call.env, call.entry), args.at(0), args.at(1));
    }
  });
}
