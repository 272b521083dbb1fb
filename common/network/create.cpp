#include "network/create.h"

#include <algorithm>

#include "base/error.h"
#include "base/ip.h"
#include "base/text.h"
#include "dokku/app.h"
#include "network/names.h"
#include "network/settings.h"

namespace netports::network {

namespace {

/// "key=value" with a key of plain characters.
std::pair<std::string, std::string> pair_of(const std::string& flag, const std::string& word) {
  const auto equals = word.find('=');
  const std::string key = word.substr(0, equals);
  const bool plain = !key.empty() && key.find_first_of(" \t\r\n") == std::string::npos &&
                     printable(key, key.size() + 1) == key;
  if (equals == std::string::npos || !plain) {
    throw Error("Invalid value for --{}, use <key>=<value>: {}", flag, printable(word));
  }
  return {key, word.substr(equals + 1)};
}

/// Puts each gateway to the subnet it lies in.
void add_gateway(std::vector<NetworkSpec::Subnet>& subnets, const std::string& word) {
  const auto gateway = IpAddress::parse(word);
  if (!gateway) throw Error("Invalid value for --gateway, use an IP address: {}", printable(word));
  for (auto& subnet : subnets) {
    if (!Cidr::parse(subnet.subnet)->contains(*gateway)) continue;
    if (!subnet.gateway.empty()) throw Error("Subnet {} has two gateways", subnet.subnet);
    subnet.gateway = word;
    return;
  }
  throw Error("Gateway {} lies in no --subnet", word);
}

}  // namespace

NetworkSpec spec_of(const Flags& flags) {
  NetworkSpec spec;
  spec.name = require_network_name(flags.positional(0));
  spec.driver = flags.value("driver");
  // A plugin's driver may look like an image: name, slashes, a tag.
  const bool plain = !spec.driver.empty() && spec.driver[0] != '-' &&
                     spec.driver.find_first_of(" \t\r\n\"'\\") == std::string::npos &&
                     printable(spec.driver, 300) == spec.driver;
  if (!plain) throw Error("Invalid value for --driver: {}", printable(spec.driver));
  spec.internal = flags.flag("internal");
  spec.ipv6 = flags.flag("ipv6");
  for (const auto& word : flags.values("subnet")) {
    if (word.find('/') == std::string::npos || !Cidr::parse(word)) {
      throw Error("Invalid value for --subnet, use <ip>/<prefix length>: {}", printable(word));
    }
    spec.subnets.push_back({word, ""});
  }
  for (const auto& word : flags.values("gateway")) add_gateway(spec.subnets, word);
  for (const auto& word : flags.values("opt")) spec.options.push_back(pair_of("opt", word));
  for (const auto& word : flags.values("label")) {
    spec.labels.push_back(pair_of("label", word));
    if (spec.labels.back().first == kDokkuNetworkLabel) {
      throw Error("Label {} is Dokku's own", kDokkuNetworkLabel);
    }
  }
  return spec;
}

std::vector<std::string> users_of(const Environment& env, const std::string& network) {
  const Settings settings(env);
  std::vector<std::string> users;
  const auto look_at = [&](const std::string& scope, const std::string& who) {
    for (const char* property : {kAttachPostCreate, kAttachPostDeploy, kInitialNetwork}) {
      const auto names = split_networks(settings.own(scope, property));
      if (std::find(names.begin(), names.end(), network) != names.end()) {
        users.push_back(fmt::format("{}: {}", who, property));
      }
    }
  };
  look_at(kGlobal, "all apps");
  for (const auto& app : all_apps(env)) look_at(app, "app " + app);
  return users;
}

}  // namespace netports::network
