// network-build-config <app>: writes the app's addresses anew, for the proxy to read. A container
// that has none is told of; it must not end a deploy.
#include "dokku/program.h"
#include "network/rebuild.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    network::Rebuilder(call.env, call.entry).rebuild(call.args.at(0));
  });
}
