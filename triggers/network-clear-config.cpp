// network-clear-config <app>: forgets the app's addresses, when its proxy configuration goes.
#include "dokku/program.h"
#include "network/listeners.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    network::clear_addresses(call.env, call.args.at(0));
  });
}
