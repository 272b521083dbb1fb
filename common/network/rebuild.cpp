#include "network/rebuild.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/plugn.h"
#include "network/listeners.h"
#include "network/names.h"

namespace netports::network {

namespace {

constexpr const char* kScheduler = "docker-local";

/// Whether another plugin has a say when an address is written. The core plugin, which stands
/// beside this one where the network role is not taken over, writes the same file.
bool others_write(const Environment& env, const Entry& entry) {
  const auto found = plugn::implementers(env, "network-write-ipaddr");
  return std::any_of(found.begin(), found.end(), [&](const std::string& name) {
    if (name == "network") return false;
    if (name == "20_events") return env.events;  // it only logs, where that is switched on
    std::error_code error;
    return !std::filesystem::equivalent(env.plugin_path + "/enabled/" + name, entry.directory,
                                        error);
  });
}

std::string address_on(const Container& container, const std::string& network) {
  const auto found = container.addresses.find(network);
  return found == container.addresses.end() ? "" : found->second;
}

}  // namespace

std::string container_address(const Container& container, const std::string& initial_network) {
  if (container.network_mode == "host") return "127.0.0.1";
  const std::string network(trim(initial_network));
  std::string address = address_on(container, network.empty() ? "bridge" : network);
  return address.empty() ? address_on(container, "bridge") : address;
}

Rebuilder::Rebuilder(const Environment& env, const Entry& entry)
    : env_(env),
      settings_(env),
      state_(env),
      docker_(DockerClient::of(env)),
      others_write_(others_write(env, entry)) {}

const Container* Rebuilder::running(const std::string& id) {
  if (!running_) {
    std::map<std::string, Container> found;
    try {
      for (auto& container : docker_->running_containers()) {
        found.emplace(container.id, std::move(container));
      }
    } catch (const Error& error) {
      throw EngineUnavailable(error);
    }
    running_ = std::move(found);
  }
  const auto found = running_->find(id);
  return found == running_->end() ? nullptr : &found->second;
}

void Rebuilder::write_ip(const std::string& app, const std::string& process,
                         const std::string& number, const std::string& ip) {
  if (!others_write_) {
    const std::string file =
        app_directory(env_, app) + "/" + address_file_name(AddressFile::ip, process, number);
    if (read_file(file, 4096) == ip) return;
    write_address(env_, AddressFile::ip, app, process, number, ip);
    return;
  }
  const auto result = plugn::trigger("network-write-ipaddr", {app, process, number, ip});
  if (result.status != 0) {
    throw Error("Failure in network-write-ipaddr hook: {}", printable(trim(result.err)));
  }
}

void Rebuilder::write_missing_port(const std::string& app, const std::string& process,
                                   const std::string& number, const std::string& id) {
  // Only web has a port file. It is the container's own PORT, which Dokku set when it made it.
  if (process != "web") return;
  const std::string file =
      app_directory(env_, app) + "/" + address_file_name(AddressFile::port, process, number);
  if (is_regular_file(file)) return;
  const auto container = docker_->find_container(id);
  if (!container) return;
  constexpr std::string_view kVariable = "PORT=";
  for (const auto& variable : container->environment) {
    const bool known = variable.starts_with(kVariable) && variable.size() > kVariable.size();
    if (known) {
      write_address(env_, AddressFile::port, app, process, number,
                    variable.substr(kVariable.size()));
      return;
    }
  }
}

void Rebuilder::remove_stale(const std::string& app, const std::string& directory, bool skip_web) {
  std::set<std::string> live;
  for (const auto& file : container_files(directory)) {
    if (running(file.id) == nullptr) continue;
    live.insert(address_file_name(AddressFile::ip, file.process, std::to_string(file.number)));
  }
  for (const auto& name : directory_entries(directory)) {
    const auto dot = name.find_last_of('.');
    if (!name.starts_with("IP.") || dot < 3 || live.contains(name)) continue;
    if (!parse_number(std::string_view(name).substr(dot + 1), 1'000'000)) continue;
    if (skip_web && name.substr(3, dot - 3) == "web") continue;
    log::debug("Removing {} of app {}: Its container does not run", name, app);
    remove_file(fmt::format("{}/{}", directory, name));
  }
}

unsigned Rebuilder::rebuild(const std::string& app) {
  if (!is_app_name(app) || !is_directory(app_directory(env_, app))) throw NoSuchApp(printable(app));
  if (state_.scheduler(app) != kScheduler || !state_.is_deployed(app)) return 0;
  const bool is_static = !settings_.static_web_listener(app).empty();
  const auto scale = state_.scale(app);
  bool any = false;
  for (const auto& [process, count] : scale) any = any || process != "web" || !is_static;
  if (!any) return 0;

  log::info1("Ensuring network configuration is in sync for {}", app);
  const std::string directory = app_directory(env_, app);
  const std::string initial_network = settings_.computed(app, kInitialNetwork);
  std::map<std::string, unsigned> counts;
  for (const auto& [process, count] : scale) counts[process] = count;
  unsigned failed = 0;
  for (const auto& file : container_files(directory)) {
    const auto wanted = counts.find(file.process);
    const bool counted =
        wanted != counts.end() && file.number >= 1 && file.number <= wanted->second;
    const Container* container = counted ? running(file.id) : nullptr;
    if (container == nullptr || (is_static && file.process == "web")) continue;
    if (container->network_mode == "none") continue;
    const std::string number = std::to_string(file.number);
    try {
      const std::string address = container_address(*container, initial_network);
      if (address.empty()) {
        throw Error("It has no address on the network {}",
                    initial_network.empty() ? "bridge" : printable(initial_network));
      }
      write_ip(app, file.process, number, address);
      write_missing_port(app, file.process, number, file.id);
    } catch (const Error& error) {
      log::warn("Unable to build the network configuration of {}.{}.{}: {}", app, file.process,
                number, error.what());
      ++failed;
    }
  }
  remove_stale(app, directory, is_static);
  return failed;
}

}  // namespace netports::network
