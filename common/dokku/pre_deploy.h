// pre-deploy, for a Dokku that does not know pre-release-builder yet.
#pragma once

#include "dokku/entry.h"
#include "dokku/environment.h"

namespace netports {

/// Whether this Dokku fires pre-release-builder: one of its core plugins has such a hook, or fires
/// it in its builder-release.
bool fires_pre_release_builder(const Environment& env);

/// Places bin/pre-deploy as the plugin's pre-deploy where Dokku fires no pre-release-builder, and
/// takes it away elsewhere: there each deploy would print that pre-deploy is deprecated [§3.3].
/// Errors: Error when the file cannot be written or removed.
void place_pre_deploy(const Environment& env, const Entry& entry);

}  // namespace netports
