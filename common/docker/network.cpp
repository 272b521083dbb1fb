#include "docker/network.h"

#include <fmt/core.h>

#include <cstdio>
#include <ctime>

#include "base/text.h"

namespace netports {

namespace {

std::string member(std::string_view name, const std::string& value) {
  return fmt::format("{}:{}", json_quote(name), value);
}

std::string object_of(const std::vector<std::string>& members) {
  return fmt::format("{{{}}}", join(members, ","));
}

std::string object_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<std::string> members;
  members.reserve(pairs.size());
  for (const auto& [key, value] : pairs) members.push_back(member(key, json_quote(value)));
  return object_of(members);
}

std::string to_text(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string NetworkSpec::to_json() const {
  auto all_labels = labels;
  all_labels.emplace_back(kDokkuNetworkLabel, name);
  std::vector<std::string> members{
      member("Name", json_quote(name)),       member("CheckDuplicate", "true"),
      member("Driver", json_quote(driver)),   member("Attachable", "true"),
      member("Internal", to_text(internal)),  member("EnableIPv6", to_text(ipv6)),
      member("Labels", object_of(all_labels))};
  if (!options.empty()) members.push_back(member("Options", object_of(options)));
  if (!subnets.empty()) {
    std::vector<std::string> configs;
    for (const auto& subnet : subnets) {
      std::vector<std::string> config{member("Subnet", json_quote(subnet.subnet))};
      if (!subnet.gateway.empty()) config.push_back(member("Gateway", json_quote(subnet.gateway)));
      configs.push_back(object_of(config));
    }
    members.push_back(
        member("IPAM", fmt::format(R"({{"Driver":"default","Config":[{}]}})", join(configs, ","))));
  }
  return object_of(members);
}

std::vector<std::string> NetworkSpec::to_words() const {
  std::vector<std::string> argv{"network", "create", "--attachable", "--driver=" + driver};
  if (internal) argv.emplace_back("--internal");
  if (ipv6) argv.emplace_back("--ipv6");
  for (const auto& subnet : subnets) {
    argv.push_back("--subnet=" + subnet.subnet);
    if (!subnet.gateway.empty()) argv.push_back("--gateway=" + subnet.gateway);
  }
  for (const auto& [key, value] : options) argv.push_back(fmt::format("--opt={}={}", key, value));
  for (const auto& [key, value] : labels) argv.push_back(fmt::format("--label={}={}", key, value));
  argv.push_back(fmt::format("--label={}={}", kDokkuNetworkLabel, name));
  argv.emplace_back("--");
  argv.push_back(name);
  return argv;
}

Network parse_network(const json::Object& answer) {
  Network network;
  network.id = json::text(answer, "Id");
  network.name = json::text(answer, "Name");
  network.driver = json::text(answer, "Driver");
  network.scope = json::text(answer, "Scope");
  network.created_at = utc_time(json::text(answer, "Created"));
  network.internal = json::boolean(answer, "Internal");
  network.ipv6 = json::boolean(answer, "EnableIPv6");
  const auto labels = json::object(answer, "Labels");
  for (const auto& name : json::names(labels)) network.labels[name] = json::text(labels, name);
  return network;
}

std::string utc_time(const std::string& rfc3339) {
  std::tm parts{};
  int length = 0;
  if (std::sscanf(rfc3339.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &length) != 6) {
    return rfc3339;
  }
  const auto zone_at = rfc3339.find_first_not_of(".0123456789", static_cast<std::size_t>(length));
  if (zone_at == std::string::npos || rfc3339[zone_at] == 'Z') return rfc3339;
  int hours = 0;
  int minutes = 0;
  char sign = 0;
  if (std::sscanf(rfc3339.c_str() + zone_at, "%c%2d:%2d", &sign, &hours, &minutes) != 3 ||
      (sign != '+' && sign != '-')) {
    return rfc3339;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::time_t offset =
      (sign == '-' ? -1 : 1) * (static_cast<std::time_t>(hours) * 3600 + minutes * std::time_t{60});
  const std::time_t seconds = ::timegm(&parts) - offset;
  ::gmtime_r(&seconds, &parts);
  const auto first = static_cast<std::size_t>(length);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     rfc3339.substr(first, zone_at - first));
}

}  // namespace netports
