// What each app's public ports are: the released PORTS file, the staged one of the next release,
// or the mappings that `ports-set` keeps in place of both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
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

/// "none", "file", "property"
std::string source_text(AppPorts::Source source);

/// Reads and changes mappings on disk. Readers need no lock; whoever changes claims holds one.
class PortStore {
 public:
  /// `dokku_root`: where the app directories are. `properties`: the plugin's directory in Dokku's
  /// property store, DOKKU_LIB_ROOT/config/<plugin>.
  PortStore(std::string dokku_root, std::string properties);

  /// What is forwarded for `app` now. Never throws for what files hold: see `problem`.
  [[nodiscard]] AppPorts active(const std::string& app) const;
  /// The file of the last deploy, whatever `ports-set` says.
  [[nodiscard]] AppPorts released(const std::string& app) const;
  /// What the next release brings; nothing when none is staged. An empty list is a release without
  /// ports.
  [[nodiscard]] std::optional<AppPorts> staged(const std::string& app) const;
  /// The mappings of `ports-set`; nothing when it has set none. An empty list: no ports at all.
  [[nodiscard]] std::optional<AppPorts> property(const std::string& app) const;
  /// Names of all apps whose directory is there, in byte order.
  [[nodiscard]] std::vector<std::string> apps() const;

  /// Keeps `text`, the PORTS file of an image, for the next `promote`. Errors: Error.
  void stage(const std::string& app, std::string_view text, std::optional<Owner> owner) const;
  /// Makes the staged file the active one; an empty one removes it. False when none was staged.
  /// Errors: Error, and then the active file is as it was.
  bool promote(const std::string& app) const;
  /// Moves the files that `from` has to `to`, each by one rename, in place of those of `to`. Done
  /// again after it was killed half-way it ends the work.
  void move(const std::string& from, const std::string& to) const;
  /// Removes both files. Errors: Error.
  void remove(const std::string& app) const;

  /// The property that holds the mappings of `ports-set`, one a line.
  static constexpr const char* kProperty = "mappings";

 private:
  [[nodiscard]] std::string file(const std::string& app) const;
  [[nodiscard]] std::string staged_file(const std::string& app) const;

  std::string dokku_root_;
  std::string properties_;
};

}  // namespace netports
