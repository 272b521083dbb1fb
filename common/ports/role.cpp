#include "ports/role.h"

#include "dokku/app.h"
#include "dokku/users.h"
#include "ports/claims.h"

namespace netports {

namespace {

/// A release holds the claims while it asks the forwarder, which may take its time.
constexpr std::chrono::milliseconds kLockTimeout{30'000};

}  // namespace

PortsRole::PortsRole(const Environment& environment, const Entry& called)
    : env(environment),
      entry(called),
      properties(environment, called.plugin_name),
      store(environment.dokku_root, properties.directory()),
      forwarder(environment.ports_socket) {}

FileLock PortsRole::lock_claims() const {
  const std::string directory = env.dokku_lib_root + "/data/" + entry.plugin_name;
  const auto owner = system_owner(env);
  make_directories(directory, 0755, owner);
  return FileLock(directory + "/lock", kLockTimeout, owner);
}

bool PortsRole::has_state(const std::string& app) const {
  return store.property(app) || store.staged(app) ||
         store.released(app).source != AppPorts::Source::none;
}

std::vector<PortMapping> PortsRole::next_mappings(const std::string& app) const {
  auto ports = store.property(app);
  if (!ports) ports = store.staged(app);
  if (!ports) ports = store.released(app);
  if (!ports->problem.empty())
    throw Error("Unable to use the ports of {}: {}", app, ports->problem);
  return std::move(ports->mappings);
}

ForwardVia PortsRole::forward_via(const std::string& app) const {
  return properties.computed(app, "forward-via") == "published" ? ForwardVia::published
                                                                : ForwardVia::container;
}

std::string PortsRole::allowed_ports(const std::string& app) const {
  return properties.computed(app, "allowed-ports", AllowedPorts::kDefault);
}

}  // namespace netports
