// Under which name this plugin was called, and which of its two roles that gives it.
#pragma once

#include <string>

namespace netports {

enum class Role { network, ports };

/// The plugin entry `…/enabled/<name>/…` that an executable was called through. The plugin's own
/// name stands nowhere in the code: it is the name of the directory it is installed in.
struct Entry {
  std::string name;          // last component of the directory as called: "network", "netports"
  std::string plugin_name;   // the same of the real directory, all links resolved: "netports"
  std::string directory;     // the real directory
  bool inside_core = false;  // Dokku counts it as a core plugin, and inserts --app itself [§1.5]

  /// `program`: argv[0]. `depth`: how many components below the plugin's directory it lies (a
  /// trigger 1, a subcommand 2). Errors: Error when the directory cannot be resolved.
  static Entry of(const std::string& program, int depth);

  /// Network triggers act only as `network`, ports triggers only under the plugin's real name, so
  /// that each acts once when both entries are enabled.
  [[nodiscard]] bool acts_as(Role role) const;
};

}  // namespace netports
