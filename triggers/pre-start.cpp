// pre-start <app>: says early when nobody forwards the app's public ports.
#include "dokku/program.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::ports)) before_start(PortsRole(call.env, call.entry), call.args.at(0));
  });
}
