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
  return program::subcommand(argc, argv, [](const program::Call& call) {
    Flags flags(call.entry.name + ":list");
    flags.add_bool("dokku-managed", "show only dokku-managed networks");
    flags.add_string("format", "format: [ text | json ]", "text");
    if (!flags.parse(call.args.all())) return 0;
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
