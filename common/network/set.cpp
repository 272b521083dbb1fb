#include "network/set.h"

#include <algorithm>

#include "base/error.h"
#include "base/ip.h"
#include "base/text.h"
#include "docker/client.h"
#include "dokku/app.h"
#include "dokku/app_state.h"
#include "dokku/log.h"
#include "network/names.h"

namespace netports::network {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The names in the values of an attach property, each word a name or several with commas.
std::vector<std::string> attach_names(const std::vector<std::string>& values) {
  if (std::all_of(values.begin(), values.end(), [](const auto& v) { return v.empty(); })) return {};
  std::vector<std::string> names;
  for (const auto& value : values) {
    for (const auto name : split(value, ',')) {
      if (!is_network_name(name) || is_builtin_network(name)) {
        throw Error("Invalid network name specified for attach: {}", printable(name));
      }
      if (!contains(names, std::string(name))) names.emplace_back(name);
    }
  }
  return names;
}

/// Refuses a name that the other attach property would attach to as well.
void check_conflicts(const Environment& env, const Settings& settings, const SetRequest& request,
                     const std::vector<std::string>& names) {
  const std::string other =
      request.property == kAttachPostCreate ? kAttachPostDeploy : kAttachPostCreate;
  const auto taken = settings.networks(request.scope, other);
  for (const auto& name : names) {
    if (contains(taken, name)) {
      throw Error("Network name already associated with this app: {}", name);
    }
  }
  if (request.scope != kGlobal || names.empty()) return;
  // An app without a value of its own is about to get this one.
  for (const auto& app : all_apps(env)) {
    if (!is_app_name(app) || !settings.own(app, request.property).empty()) continue;
    const auto own = split_networks(settings.own(app, other));
    for (const auto& name : names) {
      if (contains(own, name)) {
        throw Error("Network name already associated with app {}: {}", app, name);
      }
    }
  }
}

bool is_static_listener(const std::string& value) {
  if (IpAddress::parse(value)) return true;
  const auto colon = value.rfind(':');
  if (colon == std::string::npos) return false;
  const auto port = parse_number(std::string_view(value).substr(colon + 1), 65535);
  std::string host = value.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = IpAddress::parse(host);
  return port && *port > 0 && ip &&
         (bracketed ? host.find(':') != std::string::npos : !ip->is_v6());
}

void check_single(const std::string& property, const std::string& value) {
  const auto invalid = [&](const std::string& wanted) {
    return Error("Invalid value for property {}, {}: {}", property, wanted, printable(value));
  };
  if (property == kBindAllInterfaces && value != "true" && value != "false") {
    throw invalid("use either true or false");
  }
  if (property == kInitialNetwork && !is_network_name(value)) {
    throw Error("Invalid network name: {}", printable(value));
  }
  if (property == kTld && !is_dns_name(value)) throw invalid("use a DNS name");
  if (property == kStaticWebListener && !is_static_listener(value)) {
    throw invalid("use <ip>:<port>, [<ip>]:<port> or <ip>");
  }
}

/// Says what the new value will not do. The value stands already: nothing here may fail.
void warn_of_effects(const Environment& env, const SetRequest& request, const std::string& value) {
  if (value.empty()) return;
  if (request.scope != kGlobal && request.property != kStaticWebListener) {
    const std::string scheduler = AppState(env).scheduler(request.scope);
    if (scheduler != "docker-local") {
      log::warn("Property {} has no effect on app {}: Its scheduler is {}, not docker-local",
                request.property, request.scope, printable(scheduler));
    }
  }
  const auto names = named_networks(request.property, value);
  if (names.empty()) return;
  try {
    const auto networks = DockerClient::of(env)->networks();
    for (const auto& name : names) {
      if (find_network(networks, name) == nullptr) log::warn("Network {} does not exist yet", name);
    }
  } catch (const Error& error) {
    log::warn("Unable to check whether {} exists: {}", join(names, ", "), error.what());
  }
}

}  // namespace

bool takes_several(const std::string& property) {
  return property == kAttachPostCreate || property == kAttachPostDeploy;
}

Error invalid_property(const std::vector<std::string>& others) {
  auto valid = property_names();
  valid.insert(valid.end(), others.begin(), others.end());
  std::sort(valid.begin(), valid.end());
  return Error("Invalid property specified, valid properties include: {}", join(valid, ", "));
}

std::string checked_value(const Environment& env, const Settings& settings,
                          const SetRequest& request) {
  std::string value;
  if (takes_several(request.property)) {
    const auto names = attach_names(request.values);
    check_conflicts(env, settings, request, names);
    return join(names, ",");
  }
  if (request.scope == kGlobal && !is_global_property(request.property)) {
    throw Error("Property cannot be specified globally");
  }
  if (request.property.empty()) throw Error("No property specified");
  if (!contains(property_names(), request.property)) {
    throw invalid_property(request.other_properties);
  }
  if (!request.values.empty()) value = request.values[0];
  if (!value.empty()) check_single(request.property, value);
  return value;
}

std::vector<std::string> named_networks(const std::string& property, const std::string& value) {
  if (!takes_several(property) && property != kInitialNetwork) return {};
  auto names = split_networks(value);
  std::erase_if(names, is_builtin_network);
  return names;
}

void set(const Environment& env, const SetRequest& request) {
  if (request.scope != kGlobal) verify_app(env, request.scope);
  const Settings settings(env);
  const std::string value = checked_value(env, settings, request);
  if (value.empty()) {
    log::info2_quiet("Unsetting {}", request.property);
    settings.store().unset(request.scope, request.property);
  } else {
    log::info2_quiet("Setting {} to {}", request.property, value);
    settings.store().set(request.scope, request.property, value);
  }
  warn_of_effects(env, request, value);
}

}  // namespace netports::network
