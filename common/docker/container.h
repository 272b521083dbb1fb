// Containers as the Engine sees them, cut down to what netports decides on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "docker/engine.h"

namespace netports {

/// A private TCP port published on the host.
struct PublishedPort {
  std::string host_ip;  // "0.0.0.0", "127.0.0.1", "::"
  std::uint16_t host_port;
  std::uint16_t private_port;
};

struct Container {
  std::string id;            // 64 hex digits
  std::string name;          // without the leading slash
  std::string state;         // "running", "created", "exited", ...
  std::string network_mode;  // "default", "bridge", "host" or a network's name
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> addresses;  // network name to IPv4 (else IPv6) address
  std::vector<PublishedPort> published;
  std::string hostname;                       // inspect only
  std::vector<std::string> environment = {};  // inspect only: "PORT=5000"

  /// Neither paused nor restarting.
  [[nodiscard]] bool running() const { return state == "running"; }

  /// The address on which the host reaches the container: 127.0.0.1 in host mode, else the one on
  /// `bridge`, else on the network it was created with, else on the first by name. Empty when it
  /// has none.
  [[nodiscard]] std::string host_reachable_address() const;
};

/// All running containers, and those that are paused or restarting. Source: Engine API,
/// GET /containers/json. Errors: as Engine.
std::vector<Container> running_containers(const Engine& engine);

/// One entry of what GET /containers/json answers.
Container parse_listed(const json::Object& entry);

/// A container as GET /containers/<id>/json and `docker container inspect` write it.
Container parse_inspected(const json::Object& answer);

/// One container by id or name. Source: GET /containers/<id>/json.
/// Errors: EngineError with status 404 when there is none.
Container inspect_container(const Engine& engine, const std::string& id);

}  // namespace netports
