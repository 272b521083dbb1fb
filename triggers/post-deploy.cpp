// post-deploy <app> ...: sends the app's public ports to the containers that just went live.
#include "dokku/program.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::ports))
      activate(PortsRole(call.env, call.entry), call.args.required(0, "app"));
  });
}
