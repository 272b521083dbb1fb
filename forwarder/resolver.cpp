#include "forwarder/resolver.h"

#include <algorithm>
#include <unordered_map>

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

std::shared_ptr<Backend> known_backend(const AppRoutes* previous, const Backend& wanted) {
  if (previous == nullptr) return nullptr;
  for (const auto& route : previous->routes) {
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
  for (const auto& mapping : ports.mappings) {
    auto route = std::make_shared<Route>();
    route->app = ports.app;
    route->mapping = mapping;
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
      if (auto known = known_backend(previous, *backend)) backend = std::move(known);
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
  std::unordered_map<std::uint16_t, std::vector<const Route*>> taken;
  std::vector<std::shared_ptr<const Route>> settled;
  std::vector<std::shared_ptr<const Route>> claims;
  const auto settle = [&](const std::shared_ptr<const Route>& route) {
    const ListenAddress& address = route->mapping.listen;
    auto& same_port = taken[address.port];
    const auto rival = std::find_if(same_port.begin(), same_port.end(), [&](const Route* other) {
      return other->mapping.listen.overlaps(address);
    });
    if (rival != same_port.end()) {
      problems.push_back({route->app, fmt::format("Public port {} is taken by app {}",
                                                  address.text(), (*rival)->app)});
      return;
    }
    same_port.push_back(route.get());
    settled.push_back(route);
  };
  // Owners first, then the others by app name: the order in which claims are heard.
  for (const auto& [name, app] : apps) {
    for (const auto& route : app.routes) {
      const auto found = owner.find(route->mapping.listen);
      if (found != owner.end() && found->second == name) {
        settle(route);
      } else {
        claims.push_back(route);
      }
    }
  }
  for (const auto& route : claims) settle(route);
  std::sort(settled.begin(), settled.end(), [](const auto& a, const auto& b) {
    return std::pair(a->mapping.listen.port, a->mapping.listen) <
           std::pair(b->mapping.listen.port, b->mapping.listen);
  });
  return settled;
}

}  // namespace netports
