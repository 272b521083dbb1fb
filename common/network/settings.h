// The network properties of apps, in Dokku's own store [§5.3, §6.5].
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dokku/properties.h"

namespace netports::network {

inline constexpr const char* kAttachPostCreate = "attach-post-create";
inline constexpr const char* kAttachPostDeploy = "attach-post-deploy";
inline constexpr const char* kBindAllInterfaces = "bind-all-interfaces";
inline constexpr const char* kInitialNetwork = "initial-network";
inline constexpr const char* kStaticWebListener = "static-web-listener";
inline constexpr const char* kTld = "tld";

/// All properties, sorted.
const std::vector<std::string>& property_names();
/// Whether `property` can be set for all apps at once.
bool is_global_property(std::string_view property);

/// Reads properties. They are always those of the plugin `network`, whatever entry was called, so
/// that Dokku's core plugin and this one see the same. A scope that cannot be an app has none. Each
/// value is read once.
class Settings {
 public:
  explicit Settings(const Environment& env);

  /// The app's own value; empty when unset.
  [[nodiscard]] std::string own(const std::string& scope, const std::string& property) const;
  /// The value for all apps; empty when unset.
  [[nodiscard]] const std::string& global(const std::string& property) const;
  /// The app's value, else the global one, else the default (`false` for bind-all-interfaces).
  [[nodiscard]] std::string computed(const std::string& scope, const std::string& property) const;
  /// The networks in a computed attach property, in order, without duplicates.
  [[nodiscard]] std::vector<std::string> networks(const std::string& app,
                                                  const std::string& property) const;
  [[nodiscard]] std::string static_web_listener(const std::string& app) const {
    return own(app, kStaticWebListener);
  }
  [[nodiscard]] const Properties& store() const { return store_; }

 private:
  [[nodiscard]] const std::string& read(const std::string& scope,
                                        const std::string& property) const;

  Properties store_;
  mutable std::map<std::string, std::string> known_;  // "<scope>/<property>"
};

/// The names in the text of an attach property: split at commas, trimmed, empty ones and
/// duplicates dropped.
std::vector<std::string> split_networks(std::string_view text);

}  // namespace netports::network
