// Writing anew where an app's containers listen, from what the Engine says now [§3.5, §6.4].
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "docker/client.h"
#include "dokku/app_state.h"
#include "dokku/entry.h"
#include "network/settings.h"

namespace netports::network {

/// The address under which the proxy reaches a container: 127.0.0.1 in host mode, else the one on
/// `initial_network` (empty: bridge), else the one on the default bridge. Empty when it has none.
std::string container_address(const Container& container, const std::string& initial_network);

/// The Engine cannot be asked: no app can be rebuilt.
class EngineUnavailable : public Error {
 public:
  explicit EngineUnavailable(const Error& cause) : Error(cause.what(), cause.status()) {}
};

/// Rebuilds apps one by one; all of them share one question to the Engine.
class Rebuilder {
 public:
  /// `entry`: this plugin, whose own network-write-ipaddr need not be asked to write a file.
  Rebuilder(const Environment& env, const Entry& entry);

  /// Writes IP files of the app's running containers, and port files that are missing; removes IP
  /// files of containers that do not run. Does nothing for an app that is not deployed by
  /// docker-local or has no scale. Returns how many running containers could not be served, each
  /// told in a warning. Errors: NoSuchApp; EngineUnavailable; Error when `plugn` fails.
  unsigned rebuild(const std::string& app);

 private:
  const Container* running(const std::string& id);
  void write_ip(const std::string& app, const std::string& process, const std::string& number,
                const std::string& ip);
  void write_missing_port(const std::string& app, const std::string& process,
                          const std::string& number, const std::string& id);
  void remove_stale(const std::string& app, const std::string& directory, bool skip_web);

  const Environment& env_;
  Settings settings_;
  AppState state_;
  std::unique_ptr<DockerClient> docker_;
  bool others_write_;
  std::optional<std::map<std::string, Container>> running_;
};

}  // namespace netports::network
