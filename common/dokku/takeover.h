// Which plugin has Dokku's network role: the link PLUGIN_PATH/enabled/network says so [§2.2].
#pragma once

#include <string>

#include "dokku/entry.h"
#include "dokku/environment.h"

namespace netports {

/// Moves the network role between Dokku's own plugin and this one, by replacing that one link
/// atomically, and remembers the choice as the global property `takeover` of this plugin.
class Takeover {
 public:
  Takeover(const Environment& env, const Entry& entry);

  enum class Holder {
    core,   // Dokku's own plugin
    us,     // this plugin, in place of Dokku's own
    alone,  // this plugin, installed as `network`: there is nothing to switch
    other,  // some other plugin
    nobody  // no enabled entry `network`
  };
  [[nodiscard]] Holder holder() const;
  /// The plugin that has the role, as its directory is called; empty when nobody has it.
  [[nodiscard]] std::string holder_name() const;
  /// Whether the user's last word was `on`.
  [[nodiscard]] bool remembered() const;

  /// Takes the role and remembers it; false when we have it already.
  /// Errors: Error with the reason when the plugin directories are not laid out as Dokku does it,
  /// or when this plugin lacks a trigger of the network role.
  bool on() const;
  /// Gives the role back to Dokku's own plugin and forgets the choice; false when that one has it.
  /// Errors: Error with the reason.
  bool off() const;

 private:
  void replace_link(const std::string& target) const;
  void check_core_layout() const;
  [[nodiscard]] std::string core_directory() const;

  const Environment& env_;
  const Entry& entry_;
  std::string link_;            // PLUGIN_PATH/enabled/network
  std::string core_available_;  // PLUGIN_PATH/available/network, what Dokku links to
  std::string own_available_;   // PLUGIN_PATH/available/<our name>
};

}  // namespace netports
