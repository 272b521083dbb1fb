#include "network/attach.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/app_state.h"
#include "dokku/log.h"
#include "network/docker_args.h"
#include "network/names.h"

namespace netports::network {

namespace {

constexpr const char* kProcessLabel = "com.dokku.process-type";

/// The networks of these names. Errors: Error for the first that cannot be attached to.
std::vector<Network> require_networks(const std::vector<Network>& known,
                                      const std::vector<std::string>& names) {
  std::vector<Network> found;
  for (const auto& name : names) {
    if (is_builtin_network(name)) {
      throw Error("Invalid network name specified for attach: {}", name);
    }
    const Network* network = find_network(known, name);
    if (network == nullptr) throw Error("Network {} does not exist", printable(name));
    found.push_back(*network);
  }
  return found;
}

/// Under which names others on the network find the container: that of its process type, which
/// several share, and its own.
std::vector<std::string> aliases_of(const Settings& settings, const std::string& app,
                                    const std::string& process, const std::string& hostname) {
  const std::string shared = alias_of(app, process, settings.computed(app, kTld));
  if (shared.empty()) return {};
  std::vector<std::string> aliases{shared};
  if (const std::string own = hostname + "." + shared; is_alias(own)) aliases.push_back(own);
  return aliases;
}

void connect(DockerClient& docker, const Network& network, const std::string& container,
             const std::vector<std::string>& aliases) {
  try {
    docker.connect(network.id, container, aliases);
  } catch (const Error& error) {
    throw Error("Unable to attach container to network: {}", error.what());
  }
}

Container require_container(DockerClient& docker, const std::string& id) {
  auto container = docker.find_container(id);
  if (!container) {
    throw Error(
        "Unable to attach container to network: Error response from daemon: No such container: {}",
        printable(id));
  }
  return *std::move(container);
}

/// The ids in CONTAINER.<process>.<n> and in the file CONTAINER of old.
std::set<std::string> container_ids(const std::string& directory) {
  std::set<std::string> ids;
  for (const auto& file : container_files(directory)) ids.insert(file.id);
  if (is_regular_file(directory + "/CONTAINER")) {
    const auto id = read_file(directory + "/CONTAINER", 4096).value_or("");
    ids.emplace(trim(id));
  }
  return ids;
}

}  // namespace

void attach_created(const Environment& env, const Settings& settings,
                    const CreatedContainer& container) {
  const auto names = settings.networks(container.app, kAttachPostCreate);
  const bool deploy = container.phase == "deploy";
  const auto later =
      deploy ? settings.networks(container.app, kAttachPostDeploy) : std::vector<std::string>();
  if (names.empty() && later.empty()) return;
  const auto docker = DockerClient::of(env);
  const auto known = docker->networks();
  const auto networks = require_networks(known, names);
  require_networks(known, later);
  if (networks.empty()) return;
  const Container found = require_container(*docker, container.id);
  const auto aliases = deploy
                           ? aliases_of(settings, container.app, container.process, found.hostname)
                           : std::vector<std::string>();
  for (const auto& network : networks) {
    if (!found.addresses.contains(network.name)) connect(*docker, network, found.id, aliases);
  }
}

void attach_deployed(const Environment& env, const Settings& settings, const std::string& app) {
  const auto names = settings.networks(app, kAttachPostDeploy);
  if (names.empty()) return;
  const auto announce = [](const std::string& name) {
    log::info1_quiet("Associating app with network {}", printable(name));
  };
  announce(names[0]);
  if (!is_app_name(app) || !AppState(env).is_deployed(app)) {
    throw Error("App {} has not been deployed", printable(app));
  }
  const auto docker = DockerClient::of(env);
  const auto networks = require_networks(docker->networks(), names);
  const auto ids = container_ids(app_directory(env, app));
  std::vector<Container> containers;
  for (auto& container : docker->running_containers()) {
    if (ids.contains(container.id)) containers.push_back(std::move(container));
  }
  std::vector<std::string> failures;
  for (const auto& network : networks) {
    if (network.name != names[0]) announce(network.name);
    for (const auto& container : containers) {
      if (container.addresses.contains(network.name)) continue;
      try {
        const Container whole = require_container(*docker, container.id);
        const auto label = whole.labels.find(kProcessLabel);
        connect(*docker, network, whole.id,
                aliases_of(settings, app, label == whole.labels.end() ? "" : label->second,
                           whole.hostname));
      } catch (const Error& error) {
        failures.emplace_back(error.what());
      }
    }
  }
  if (failures.empty()) return;
  for (std::size_t i = 0; i + 1 < failures.size(); ++i) log::warn("{}", failures[i]);
  throw Error(failures.back());
}

}  // namespace netports::network
