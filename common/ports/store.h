// What each app's public ports are: the released PORTS file, the staged one of the next release,
// or the mappings that `ports-set` keeps in place of both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ports/mapping.h"

namespace netports {

/// The public ports of one app.
struct AppPorts {
  enum class Source { none, file, property };

  std::string app;
  Source source = Source::none;
  std::vector<PortMapping> mappings;
  std::string problem;  // why a file that is there does not count; empty when all is well
};

/// Reads and changes mappings on disk. Readers need no lock; whoever changes claims holds one.
class PortStore {
 public:
  /// `dokku_root`: where the app directories are. `properties`: the plugin's directory in Dokku's
  /// property store, DOKKU_LIB_ROOT/config/<plugin>.
  PortStore(std::string dokku_root, std::string properties);

  /// What is forwarded for `app` now. Never throws for what files hold: see `problem`.
  [[nodiscard]] AppPorts active(const std::string& app) const;
  /// The same for every app that has any, in byte order of names.
  [[nodiscard]] std::vector<AppPorts> all_active() const;

 private:
  std::string dokku_root_;
  std::string properties_;
};

}  // namespace netports
