// Asking before something is destroyed [§8.3].
#pragma once

#include <string>

namespace netports {

/// Warns, then reads one line from stdin, which must be `name`.
/// Errors: Error with Dokku's words for an answer that is not; nothing to do then.
void confirm_destruction(const std::string& kind, const std::string& name);

}  // namespace netports
