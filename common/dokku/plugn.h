// Dokku's hook runner `plugn`: how one plugin asks another.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "dokku/environment.h"

namespace netports::plugn {

/// The enabled plugins that have an executable hook `name`, in the order `plugn` runs them [§2.1].
std::vector<std::string> implementers(const Environment& env, const std::string& name);

/// Whether an enabled plugin other than `except` has an executable hook `name` [§2.1]. Costs a
/// look into the plugin directories, not a `plugn` process.
bool is_implemented(const Environment& env, const std::string& name,
                    const std::vector<std::string>& except = {});

/// `plugn trigger name args…` with stdin from /dev/null, output captured.
ProcessResult trigger(const std::string& name, const std::vector<std::string>& args);

/// What the hooks of `name` print to stdout, trimmed; empty when nobody implements it.
/// Errors: Error when a hook fails.
std::string trigger_output(const Environment& env, const std::string& name,
                           const std::vector<std::string>& args);

}  // namespace netports::plugn
