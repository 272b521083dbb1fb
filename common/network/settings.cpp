#include "network/settings.h"

#include <algorithm>

#include "base/text.h"
#include "dokku/app.h"

namespace netports::network {

const std::vector<std::string>& property_names() {
  static const std::vector<std::string> names{kAttachPostCreate,  kAttachPostDeploy,
                                              kBindAllInterfaces, kInitialNetwork,
                                              kStaticWebListener, kTld};
  return names;
}

bool is_global_property(std::string_view property) {
  const auto& names = property_names();
  return property != kStaticWebListener &&
         std::find(names.begin(), names.end(), property) != names.end();
}

Settings::Settings(const Environment& env) : store_(env, "network") {}

const std::string& Settings::read(const std::string& scope, const std::string& property) const {
  const auto [found, unread] = known_.try_emplace(scope + "/" + property);
  if (unread) found->second = store_.get(scope, property).value_or("");
  return found->second;
}

std::string Settings::own(const std::string& scope, const std::string& property) const {
  if (scope != kGlobal && !is_app_name(scope)) return "";
  return read(scope, property);
}

const std::string& Settings::global(const std::string& property) const {
  return read(kGlobal, property);
}

std::string Settings::computed(const std::string& scope, const std::string& property) const {
  std::string value = own(scope, property);
  if (value.empty()) value = global(property);
  if (value.empty() && property == kBindAllInterfaces) value = "false";
  return value;
}

std::vector<std::string> Settings::networks(const std::string& app,
                                            const std::string& property) const {
  return split_networks(computed(app, property));
}

std::vector<std::string> split_networks(std::string_view text) {
  std::vector<std::string> names;
  for (const auto piece : split(text, ',')) {
    const auto name = trim(piece);
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace netports::network
