// Networks for people and for programs [§6.2, §6.3].
#pragma once

#include <string>
#include <vector>

#include "docker/network.h"

namespace netports::network {

/// One network as one line of JSON without newline, keys in the order of Dokku's own.
std::string network_json(const Network& network);

/// All as one JSON list with a newline.
std::string list_json(const std::vector<Network>& networks);

/// The rows of `info`, without its heading.
std::string info_text(const Network& network);

}  // namespace netports::network
