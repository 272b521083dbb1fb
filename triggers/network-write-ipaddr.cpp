// network-write-ipaddr <app> <process> <n> <ip>: keeps a container's address for the proxy.
#include "dokku/program.h"
#include "network/listeners.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    const auto& args = call.args;
    network::write_address(call.env, network::AddressFile::ip, args.at(0), args.at(1), args.at(2),
                           args.at(3));
  });
}
