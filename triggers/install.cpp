// bin/install: the compiled half of `install`, which calls it once, under the plugin's own name:
// directories, what core would otherwise overwrite, and a takeover that an upgrade undid.
#include "base/error.h"
#include "base/file.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/pre_deploy.h"
#include "dokku/program.h"
#include "dokku/properties.h"
#include "dokku/takeover.h"
#include "dokku/users.h"
#include "network/lifecycle.h"

using namespace netports;

namespace {

constexpr const char* kBind = "bind-all-interfaces";

void make_own_directories(const Environment& env, const std::string& name) {
  const auto owner = system_owner(env);
  for (const char* kind : {"config", "data"}) {
    make_directories(fmt::format("{}/{}/{}", env.dokku_lib_root, kind, name), 0755, owner);
  }
}

void restore_takeover(const Takeover& takeover) {
  if (!takeover.remembered() || takeover.holder() == Takeover::Holder::us) return;
  try {
    takeover.on();
    log::info1("Taking Dokku's network role over again, as it was set back since");
  } catch (const Error& error) {
    log::warn("{}", error.what());
  }
}

/// Dokku's own network plugin publishes the apps of whoever never chose, whenever any plugin is
/// installed: it writes `true` where nothing is set. Its hook runs after ours, so what holds for
/// each app today is written first, and stays.
void keep_interfaces(const Environment& env) {
  const Properties network(env, "network");
  for (const auto& app : all_apps(env)) {
    // A name that only git or an administrator made is no app to Dokku's property store.
    if (!is_app_name(app) || network.get(app, kBind)) continue;
    try {
      const std::string value = network.computed(app, kBind, "false");
      network.set(app, kBind, value);
      log::verbose_quiet("Keeping network property '{}' of {} at {}", kBind, app, value);
    } catch (const Error& error) {
      log::warn("{}", error.what());  // one broken app must not end the installation of a plugin
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return program::installer(argc, argv, [](const program::Call& call) {
    const Takeover takeover(call.env, call.entry);
    make_own_directories(call.env, call.entry.plugin_name);
    place_pre_deploy(call.env, call.entry);
    network::install(call.env);
    restore_takeover(takeover);
    if (takeover.holder() == Takeover::Holder::core) keep_interfaces(call.env);
  });
}
