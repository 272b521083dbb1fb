// From what is on disk and what the Engine says to routes: the decisions, without any I/O of the
// data path.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "docker/container.h"
#include "dokku/app.h"
#include "forwarder/route.h"
#include "ports/store.h"

namespace netports {

/// Something a user should know of an app: a PORTS file that does not count, a lost conflict, a
/// container without an address.
struct Problem {
  std::string app;
  std::string text;
};

/// What one app serves.
struct AppRoutes {
  AppPorts ports;
  bool published = false;  // forward-via: the published port, not the container's own
  std::vector<ContainerFile> containers;  // those in use, of all process types
  std::vector<std::shared_ptr<const Route>> routes;
  std::set<std::string> on_host;  // process types whose containers are on the host's own network
  std::vector<Problem> problems;
};

/// Running containers by id.
using RunningContainers = std::map<std::string, Container>;

/// Builds the routes of one app. Backends of `previous` that are still at the same place are used
/// again, with their marks and counts. A container that is not in `running` gives no backend.
AppRoutes resolve_app(AppPorts ports, bool published, std::vector<ContainerFile> containers,
                      const RunningContainers& running, const AppRoutes* previous);

/// Whether every container that `routes` uses still runs.
bool all_run(const AppRoutes& routes, const RunningContainers& running);

/// The routes of all apps, each public address once. Of two claims the one that `owner` names keeps
/// the address, else the first app by name; the other gets a problem.
std::vector<std::shared_ptr<const Route>> settle_conflicts(
    const std::map<std::string, AppRoutes>& apps, const std::map<ListenAddress, std::string>& owner,
    std::vector<Problem>& problems);

}  // namespace netports
