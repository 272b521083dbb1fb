// post-stop <app>: resets connections to the stopped containers.
#include "dokku/program.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::ports)) after_stop(PortsRole(call.env, call.entry), call.args.at(0));
  });
}
