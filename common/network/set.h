// Subcommand `set`: checking and storing one network property [§6.5].
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "dokku/environment.h"
#include "network/settings.h"

namespace netports::network {

struct SetRequest {
  std::string scope;  // an app, or kGlobal
  std::string property;
  std::vector<std::string> values;  // none: unset; several only where takes_several
  /// Properties of the ports role, to name among the valid ones.
  std::vector<std::string> other_properties = {};
};

/// Whether the property is a list.
bool takes_several(const std::string& property);

/// What to say of a property that is neither ours nor among `others`.
Error invalid_property(const std::vector<std::string>& others);

/// The value to store, empty for unsetting. Errors: Error in the order Dokku checks: networks to
/// attach to, property, value.
std::string checked_value(const Environment& env, const Settings& settings,
                          const SetRequest& request);

/// The networks that a value of the property names, apart from those every Engine has.
std::vector<std::string> named_networks(const std::string& property, const std::string& value);

/// Checks everything, then stores the value, and warns of what will have no effect.
void set(const Environment& env, const SetRequest& request);

}  // namespace netports::network
