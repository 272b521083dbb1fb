#include "forwarder/resolver.h"

#include <algorithm>

namespace netports {

namespace {

/// Where `container` answers `private_port` for us; no address when it has none.
struct Place {
  std::optional<IpAddress> ip;
  std::uint16_t port = 0;
};

Place place_of(const Container& container, std::uint16_t private_port, bool published) {
  if (!published) return {IpAddress::parse(container.host_reachable_address()), private_port};
  for (const auto& port : container.published) {
    if (port.private_port != private_port) continue;
    auto ip = IpAddress::parse(port.host_ip);
    if (ip && ip->is_any()) ip = IpAddress::parse(ip->is_v6() ? "::1" : "127.0.0.1");
    if (ip) return {ip, port.host_port};
  }
  return {};
}

/// The process types whose containers share the host's network. Where none of a type runs it is as
/// it was: a container that restarts wants its port back.
std::set<std::string> on_host_network(const std::vector<ContainerFile>& containers,
                                      const RunningContainers& running, const AppRoutes* previous) {
  std::set<std::string> on_host;
  std::set<std::string> elsewhere;
  for (const auto& file : containers) {
    const auto found = running.find(file.id);
    if (found == running.end()) continue;
    (found->second.network_mode == "host" ? on_host : elsewhere).insert(file.process);
  }
  if (previous != nullptr) {
    for (const auto& process : previous->on_host) {
      if (!elsewhere.contains(process)) on_host.insert(process);
    }
  }
  return on_host;
}

/// Whether a container on the host's network would listen on the public port itself.
bool is_own_port(const PortMapping& mapping) {
  const auto& ip = mapping.listen.ip;
  return mapping.listen.port == mapping.private_port && (!ip || ip->is_any() || ip->is_loopback());
}

/// What is known of `wanted` from `routes`. Two ports may lead to one place: it is one backend.
template <typename Routes>
std::shared_ptr<Backend> known_backend(const Routes& routes, const Backend& wanted) {
  for (const auto& route : routes) {
    for (const auto& backend : route->backends) {
      if (backend->same_place(wanted)) return backend;
    }
  }
  return nullptr;
}

}  // namespace

AppRoutes resolve_app(AppPorts ports, bool published, std::vector<ContainerFile> containers,
                      const RunningContainers& running, const AppRoutes* previous) {
  AppRoutes result;
  result.published = published;
  if (!ports.problem.empty()) result.problems.push_back({ports.app, ports.problem});
  if (!published) result.on_host = on_host_network(containers, running, previous);
  for (const auto& mapping : ports.mappings) {
    if (result.on_host.contains(mapping.process) && is_own_port(mapping)) {
      result.problems.push_back(
          {ports.app,
           fmt::format("Public port {} is left to {}, which is on the host's network and "
                       "listens there itself",
                       mapping.listen.text(), mapping.process)});
      continue;
    }
    auto route = std::make_shared<Route>();
    route->app = ports.app;
    route->mapping = mapping;
    // The turn goes on where it was: each look would else begin with the first container again.
    const std::size_t index = result.routes.size();
    if (previous != nullptr && index < previous->routes.size() &&
        previous->routes[index]->mapping.listen == mapping.listen) {
      route->turn = previous->routes[index]->turn.load();
    }
    for (const auto& file : containers) {
      if (file.process != mapping.process) continue;
      const auto container = running.find(file.id);
      if (container == running.end()) continue;
      const Place place = place_of(container->second, mapping.private_port, published);
      const std::string name = fmt::format("{}.{}", file.process, file.number);
      if (!place.ip) {
        result.problems.push_back({ports.app, published ? fmt::format("{} does not publish port {}",
                                                                      name, mapping.private_port)
                                                        : fmt::format("{} has no address", name)});
        continue;
      }
      auto backend = std::make_shared<Backend>();
      backend->container_id = file.id;
      backend->name = name;
      backend->ip = *place.ip;
      backend->port = place.port;
      auto known = previous != nullptr ? known_backend(previous->routes, *backend) : nullptr;
      if (!known) known = known_backend(result.routes, *backend);
      if (known) backend = std::move(known);
      route->backends.push_back(std::move(backend));
    }
    result.routes.push_back(std::move(route));
  }
  result.ports = std::move(ports);
  result.containers = std::move(containers);
  return result;
}

bool all_run(const AppRoutes& routes, const RunningContainers& running) {
  return std::all_of(routes.containers.begin(), routes.containers.end(),
                     [&](const ContainerFile& file) { return running.contains(file.id); });
}

std::vector<std::shared_ptr<const Route>> settle_conflicts(
    const std::map<std::string, AppRoutes>& apps, const std::map<ListenAddress, std::string>& owner,
    std::vector<Problem>& problems) {
  std::vector<std::shared_ptr<const Route>> all;
  all.reserve(owner.size());
  for (const auto& [name, app] : apps) all.insert(all.end(), app.routes.begin(), app.routes.end());
  const auto owned = [&](const Route& route) {
    const auto found = owner.find(route.mapping.listen);
    return found != owner.end() && found->second == route.app;
  };
  // Owners first, then by app name: the order in which claims are heard.
  std::stable_partition(all.begin(), all.end(), [&](const auto& route) { return owned(*route); });
  // Port by port, the claims of each in that order. Numbers sort fast: this is done for all ports
  // at every change.
  std::vector<std::uint64_t> order;
  order.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    order.push_back(std::uint64_t{all[i]->mapping.listen.port} << 32 | i);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::shared_ptr<const Route>> settled;
  settled.reserve(all.size());
  std::ptrdiff_t port_begin = 0;
  for (const std::uint64_t key : order) {
    auto& route = all[key & 0xffffffff];
    const ListenAddress& address = route->mapping.listen;
    if (!settled.empty() && settled.back()->mapping.listen.port != address.port) {
      port_begin = std::ssize(settled);
    }
    const auto rival =
        std::find_if(settled.begin() + port_begin, settled.end(),
                     [&](const auto& other) { return other->mapping.listen.overlaps(address); });
    if (rival != settled.end()) {
      problems.push_back({route->app, fmt::format("Public port {} is taken by app {}",
                                                  address.text(), (*rival)->app)});
      continue;
    }
    const auto place = std::upper_bound(
        settled.begin() + port_begin, settled.end(), address,
        [](const ListenAddress& a, const auto& b) { return a < b->mapping.listen; });
    settled.insert(place, std::move(route));
  }
  return settled;
}

}  // namespace netports
