// check-deploy <app> <container> <process> <port> <ip> <number>: waits until a new container
// listens on the app's private ports.
#include "dokku/program.h"
#include "ports/release.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::ports, [](const program::Call& call) {
    const auto& args = call.args;
    check_container(PortsRole(call.env, call.entry), args.at(0), args.at(1), args.at(2), args.at(4),
                    args.at(5));
  });
}
