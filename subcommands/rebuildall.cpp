// rebuildall: writes all apps' addresses anew; exits with the number of containers that failed. An
// app that cannot be rebuilt counts as one and does not keep the others from it.
#include <algorithm>

#include "base/error.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/rebuild.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "rebuildall", [](const program::Call& call, const Flags&) {
    const auto apps = visible_apps(call.env);
    if (apps.empty()) log::warn("You haven't deployed any applications yet");
    network::Rebuilder rebuilder(call.env, call.entry);
    unsigned failed = 0;
    for (const auto& app : apps) {
      if (!is_app_name(app)) continue;  // lost+found, say: no app, so nothing that fails
      try {
        failed += rebuilder.rebuild(app);
      } catch (const network::EngineUnavailable&) {
        throw;
      } catch (const Error& error) {
        log::warn("Unable to rebuild app {}: {}", app, error.what());
        ++failed;
      }
    }
    return static_cast<int>(std::min(failed, 255U));
  });
}
