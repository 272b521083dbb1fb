// What the network role asks of Docker, whichever way leads there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "docker/container.h"
#include "docker/network.h"
#include "dokku/environment.h"

namespace netports {

/// Each call is one question with a deadline. Errors of all: Error with one line, beginning with
/// "Error response from daemon: " where Docker refused.
class DockerClient {
 public:
  DockerClient() = default;
  DockerClient(const DockerClient&) = delete;
  DockerClient& operator=(const DockerClient&) = delete;
  virtual ~DockerClient() = default;

  /// All networks, sorted by name.
  virtual std::vector<Network> networks() = 0;
  virtual void create_network(const NetworkSpec& spec) = 0;
  virtual void remove_network(const std::string& id) = 0;
  /// Attaches a container, running or only created, under more names than its own.
  virtual void connect(const std::string& network_id, const std::string& container_id,
                       const std::vector<std::string>& aliases) = 0;
  virtual std::vector<Container> running_containers() = 0;
  /// One container by id or name; nothing when there is none.
  virtual std::optional<Container> find_container(const std::string& id) = 0;

  /// The Engine API over its socket; the command line of DOCKER_BIN where that is not `docker`.
  static std::unique_ptr<DockerClient> of(const Environment& env);
};

/// The network called exactly `name`; none for an id.
const Network* find_network(const std::vector<Network>& networks, const std::string& name);

}  // namespace netports
