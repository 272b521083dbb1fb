// Attaching the containers of an app to the networks its properties name [§3.5].
#pragma once

#include <string>

#include "docker/client.h"
#include "network/settings.h"

namespace netports::network {

/// A container that Dokku has just created.
struct CreatedContainer {
  std::string id;
  std::string app;
  std::string phase;    // "deploy", "run", "build", ...
  std::string process;  // deploys only
};

/// Attaches it to all networks of attach-post-create, with aliases when it is deployed. A deploy
/// whose attach-post-deploy names a missing network fails here, while the old containers serve.
/// Errors: Error before the first is attached when one of them does not exist; else as Docker says.
void attach_created(const Environment& env, const Settings& settings,
                    const CreatedContainer& container);

/// Attaches all running containers of the app to all networks of attach-post-deploy.
/// Errors: Error before the first is attached when a network does not exist. A container that
/// cannot be attached does not keep the others from it; the error comes after them.
void attach_deployed(const Environment& env, const Settings& settings, const std::string& app);

}  // namespace netports::network
