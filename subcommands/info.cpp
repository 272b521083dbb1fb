// info <network> [--format text|json]: what Docker knows of a network.
#include "docker/client.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/names.h"
#include "network/show.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "info", [](const program::Call& call, const Flags& flags) {
    const std::string& name = network::require_network_name(flags.positional(0));
    const auto networks = DockerClient::of(call.env)->networks();
    const Network* found = find_network(networks, name);
    if (found == nullptr) throw Error("Network does not exist");
    if (flags.value("format") == "json") {
      log::result(network::network_json(*found) + "\n");
      return 0;
    }
    log::info2_quiet("{} network information", name);
    log::result(network::info_text(*found));
    return 0;
  });
}
