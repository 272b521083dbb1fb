// Where the Docker Engine listens.
#pragma once

#include <cstdint>
#include <string>

#include "dokku/environment.h"

namespace netports {

/// A unix socket (path set) or a plain TCP endpoint (host and port set).
struct EngineEndpoint {
  std::string path;
  std::string host;
  std::uint16_t port = 0;

  /// "unix:///var/run/docker.sock" or "tcp://host:2375", for messages.
  [[nodiscard]] std::string url() const;

  /// Errors: Error for schemes that need the docker CLI (ssh, TLS).
  static EngineEndpoint parse(const std::string& url);

  /// DOCKER_HOST, else the endpoint of DOCKER_CONTEXT, else /var/run/docker.sock: the order of the
  /// docker CLI. Errors: Error when the context is unknown or its endpoint of no kind we speak.
  static EngineEndpoint of(const Environment& env);
};

}  // namespace netports
