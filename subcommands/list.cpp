// list [--format text|json] [--dokku-managed]: the networks of this Docker, by name.
#include <vector>

#include "base/text.h"
#include "docker/client.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/show.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "list", [](const program::Call& call, const Flags& flags) {
    auto networks = DockerClient::of(call.env)->networks();
    if (flags.flag("dokku-managed")) {
      std::erase_if(networks, [](const Network& network) { return !network.dokku_managed(); });
    }
    if (flags.value("format") == "json") {
      log::result(network::list_json(networks));
      return 0;
    }
    log::info2_quiet("Networks");
    std::string names;
    for (const auto& network : networks) names += printable(network.name, 1000) + "\n";
    log::result(names);
    return 0;
  });
}
