// Subcommands `create` and `destroy`: from a command line to what Docker is asked.
#pragma once

#include <string>
#include <vector>

#include "docker/network.h"
#include "dokku/environment.h"
#include "dokku/flags.h"

namespace netports::network {

/// What the command line asks for. Errors: Error naming the word that cannot be meant.
NetworkSpec spec_of(const Flags& flags);

/// Where a network is still named in a property: "app node-js-app: initial-network", the global
/// ones first.
std::vector<std::string> users_of(const Environment& env, const std::string& network);

}  // namespace netports::network
