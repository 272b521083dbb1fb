// create <network>: makes an attachable network, labelled as Dokku's.
#include "network/create.h"
#include "docker/client.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    Flags flags(call.entry.name + ":create");
    network::add_create_flags(flags);
    if (!flags.parse(call.args.all())) return 0;
    const NetworkSpec spec = network::spec_of(flags);
    log::info1_quiet("Creating network {}", spec.name);
    try {
      DockerClient::of(call.env)->create_network(spec);
    } catch (const Error& error) {
      throw Error("Unable to create network: {}", error.what());
    }
    return 0;
  });
}
