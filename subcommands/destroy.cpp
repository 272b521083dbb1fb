// destroy <network> [--force]: removes a network, after asking.
#include "docker/client.h"
#include "dokku/confirm.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/create.h"
#include "network/names.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "destroy", [](const program::Call& call, const Flags& flags) {
        const std::string& name = network::require_network_name(flags.positional(0));
        for (const auto& user : network::users_of(call.env, name)) {
          log::warn("Network {} is still set for {}", name, user);
        }
        if (!call.env.force && !flags.flag("force")) confirm_destruction("network", name);
        log::info1_quiet("Destroying network {}", name);
        try {
          // By its id: Docker takes a name it does not know for the beginning of one.
          const auto docker = DockerClient::of(call.env);
          const auto networks = docker->networks();
          const Network* found = find_network(networks, name);
          if (found == nullptr) {
            throw Error("Error response from daemon: network {} not found", name);
          }
          docker->remove_network(found->id);
        } catch (const Error& error) {
          throw Error("Unable to destroy network: {}", error.what());
        }
        return 0;
      });
}
