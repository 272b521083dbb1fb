// Networks as the Engine sees them, cut down to what netports shows and decides on.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "docker/json.h"

namespace netports {

/// The label of every network that Dokku made; its value is the network's name.
inline constexpr const char* kDokkuNetworkLabel = "com.dokku.network-name";

struct Network {
  std::string id;  // 64 hex digits; 25 letters and digits for one of a swarm
  std::string name;
  std::string driver;
  std::string scope;       // "local", "swarm", "global"
  std::string created_at;  // RFC 3339 in UTC, as precise as the Engine says
  bool internal = false;
  bool ipv6 = false;
  std::map<std::string, std::string> labels;

  [[nodiscard]] bool dokku_managed() const { return labels.contains(kDokkuNetworkLabel); }
  /// The first 12 characters, as the docker CLI shows ids.
  [[nodiscard]] std::string short_id() const { return id.substr(0, 12); }
};

/// What a new network shall be.
struct NetworkSpec {
  std::string name;
  std::string driver = "bridge";
  bool internal = false;
  bool ipv6 = false;
  struct Subnet {
    std::string subnet;   // "10.1.0.0/16"
    std::string gateway;  // may be empty
  };
  std::vector<Subnet> subnets = {};
  std::vector<std::pair<std::string, std::string>> options = {};
  std::vector<std::pair<std::string, std::string>> labels = {};

  /// The body of POST /networks/create. Always attachable, always labelled as Dokku's.
  [[nodiscard]] std::string to_json() const;
  /// The words of `docker network create`, for a DOCKER_BIN that is no docker.
  [[nodiscard]] std::vector<std::string> to_words() const;
};

/// A network as GET /networks and `docker network inspect` write it.
Network parse_network(const json::Object& answer);

/// "2026-01-02T03:04:05.6+01:00" as "2026-01-02T02:04:05.6Z"; unreadable text as it is.
std::string utc_time(const std::string& rfc3339);

}  // namespace netports
