// What becomes of an app's network state when it is made, copied, renamed, removed.
#pragma once

#include <string>

#include "dokku/environment.h"

namespace netports::network {

/// Makes what the network role needs on every host: its directory in Dokku's property store.
/// Publishes nothing: bind-all-interfaces is the user's to set.
void install(const Environment& env);

/// post-create: the app's directory in the property store.
void on_create(const Environment& env, const std::string& app);

/// post-delete: its properties go. Errors: Error for an empty name; nothing is removed.
void on_delete(const Environment& env, const std::string& app);

/// post-app-clone-setup: the copy has no addresses yet, and all properties but the static
/// listener, which would route the old app's visitors to two places.
/// Errors: Error when a file of addresses stays; nothing is copied then.
void on_clone(const Environment& env, const std::string& from, const std::string& to);

/// post-app-rename-setup: the same with all properties, which the old name loses.
void on_rename(const Environment& env, const std::string& from, const std::string& to);

}  // namespace netports::network
