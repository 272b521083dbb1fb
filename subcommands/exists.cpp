// exists <network>: whether Docker has a network of exactly that name.
#include "docker/client.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/names.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "exists", [](const program::Call& call, const Flags& flags) {
        const std::string& name = network::require_network_name(flags.positional(0));
        if (find_network(DockerClient::of(call.env)->networks(), name) == nullptr) {
          throw Error("Network does not exist");
        }
        log::info1_quiet("Network exists");
        return 0;
      });
}
