// create <network>: makes an attachable network, labelled as Dokku's.
#include "network/create.h"
#include "docker/client.h"
#include "dokku/log.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "create",
                             [](const program::Call& call, const Flags& flags) {
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
