// Dokku's property store: one small file per plugin, app and property [§5.3].
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dokku/environment.h"

namespace netports {

/// The scope name of properties that hold for all apps.
inline constexpr const char* kGlobal = "--global";

/// The properties of one plugin. Values are raw bytes, read back as they are. Scopes and property
/// names come from checked sets (is_app_name or kGlobal), never from a user unchecked.
class Properties {
 public:
  Properties(const Environment& env, std::string plugin);

  /// The value; nothing when unset. One that cannot be read is nothing too, with a warning.
  [[nodiscard]] std::optional<std::string> get(const std::string& scope,
                                               const std::string& property) const;
  /// The app's value, else the global one, else `otherwise`. Empty values count as unset.
  [[nodiscard]] std::string computed(const std::string& app, const std::string& property,
                                     const std::string& otherwise = "") const;
  /// Writes by temp file and rename, mode 0600, owned by Dokku's system user. Errors: Error.
  void set(const std::string& scope, const std::string& property, const std::string& value) const;
  /// Removes it; missing is fine. Errors: Error.
  void unset(const std::string& scope, const std::string& property) const;
  /// Copies every property of `from` to `to` (regular files, raw). Missing source is fine.
  void copy(const std::string& from, const std::string& to) const;
  /// Removes all properties of a scope. Errors: Error when the scope is empty or a path.
  void remove_all(const std::string& scope) const;
  /// Names of all properties set for a scope.
  [[nodiscard]] std::vector<std::string> names(const std::string& scope) const;

  /// DOKKU_LIB_ROOT/config/<plugin>
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  [[nodiscard]] std::string file_of(const std::string& scope, const std::string& property) const;

  const Environment& env_;
  std::string plugin_;
  std::string directory_;
};

}  // namespace netports
