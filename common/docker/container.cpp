#include "docker/container.h"

#include "base/text.h"

namespace netports {

namespace {

std::uint16_t port_of(std::int64_t value) {
  return value > 0 && value <= 65535 ? static_cast<std::uint16_t>(value) : 0;
}

void read_labels(const json::Object& from, Container& to) {
  for (const auto& name : json::names(from)) to.labels[name] = json::text(from, name);
}

void read_networks(const json::Object& networks, Container& to) {
  for (const auto& name : json::names(networks)) {
    const auto endpoint = json::object(networks, name);
    std::string address = json::text(endpoint, "IPAddress");
    if (address.empty()) address = json::text(endpoint, "GlobalIPv6Address");
    to.addresses[name] = address;
  }
}

/// From the form of inspect: {"5025/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}.
void read_port_map(const json::Object& ports, Container& to) {
  for (const auto& name : json::names(ports)) {
    if (!name.ends_with("/tcp")) continue;
    const auto private_port =
        parse_number(std::string_view(name).substr(0, name.size() - 4), 65535);
    for (const auto& binding : json::objects(json::array(ports, name))) {
      const auto host_port = parse_number(json::text(binding, "HostPort"), 65535);
      if (!private_port || !host_port || *host_port == 0) continue;
      to.published.push_back({json::text(binding, "HostIp"), static_cast<std::uint16_t>(*host_port),
                              static_cast<std::uint16_t>(*private_port)});
    }
  }
}

}  // namespace

std::string Container::host_reachable_address() const {
  if (network_mode == "host") return "127.0.0.1";
  for (const std::string& network : {std::string("bridge"), network_mode}) {
    const auto found = addresses.find(network);
    if (found != addresses.end() && !found->second.empty()) return found->second;
  }
  for (const auto& [network, address] : addresses) {
    if (!address.empty()) return address;
  }
  return "";
}

std::vector<Container> running_containers(const Engine& engine) {
  std::vector<Container> containers;
  for (const auto& entry : json::objects(engine.get_array("/containers/json"))) {
    containers.push_back(parse_listed(entry));
  }
  return containers;
}

Container inspect_container(const Engine& engine, const std::string& id) {
  return parse_inspected(engine.get_object("/containers/" + Engine::encode(id) + "/json"));
}

Container parse_listed(const json::Object& entry) {
  Container container;
  container.id = json::text(entry, "Id");
  container.state = json::text(entry, "State");
  container.network_mode = json::text(json::object(entry, "HostConfig"), "NetworkMode");
  const auto names = json::texts(json::array(entry, "Names"));
  if (!names.empty()) container.name = names[0].substr(names[0].starts_with('/') ? 1 : 0);
  read_labels(json::object(entry, "Labels"), container);
  read_networks(json::object(json::object(entry, "NetworkSettings"), "Networks"), container);
  for (const auto& port : json::objects(json::array(entry, "Ports"))) {
    const auto host_port = port_of(json::number(port, "PublicPort"));
    if (host_port == 0 || json::text(port, "Type") != "tcp") continue;
    container.published.push_back(
        {json::text(port, "IP"), host_port, port_of(json::number(port, "PrivatePort"))});
  }
  return container;
}

Container parse_inspected(const json::Object& answer) {
  Container container;
  container.id = json::text(answer, "Id");
  const std::string name = json::text(answer, "Name");
  container.name = name.substr(name.starts_with('/') ? 1 : 0);
  container.state = json::text(json::object(answer, "State"), "Status");
  container.network_mode = json::text(json::object(answer, "HostConfig"), "NetworkMode");
  const auto config = json::object(answer, "Config");
  container.hostname = json::text(config, "Hostname");
  container.environment = json::texts(json::array(config, "Env"));
  read_labels(json::object(config, "Labels"), container);
  const auto settings = json::object(answer, "NetworkSettings");
  read_networks(json::object(settings, "Networks"), container);
  read_port_map(json::object(settings, "Ports"), container);
  return container;
}

}  // namespace netports
