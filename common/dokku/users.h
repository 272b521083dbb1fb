// Numeric ids of Dokku's system user and group.
#pragma once

#include <optional>

#include "base/file.h"
#include "dokku/environment.h"

namespace netports {

/// Who shall own what we write: DOKKU_SYSTEM_USER and DOKKU_SYSTEM_GROUP. Nothing when this
/// process is that user already, as every new file is its own then.
/// Errors: Error when /etc/passwd or /etc/group does not know them.
/// Source: the files themselves, since statically linked programs have no name service.
std::optional<Owner> system_owner(const Environment& env);

}  // namespace netports
