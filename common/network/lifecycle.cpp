#include "network/lifecycle.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/users.h"
#include "network/listeners.h"
#include "network/settings.h"

namespace netports::network {

namespace {

void check_app(const std::string& app) {
  if (app.empty()) throw Error("No app specified");
  if (!is_app_name(app)) throw Error("Invalid app name: {}", printable(app));
}

}  // namespace

void install(const Environment& env) {
  make_directories(Settings(env).store().directory(), 0755, system_owner(env));
}

void on_create(const Environment& env, const std::string& app) {
  check_app(app);
  make_directories(Settings(env).store().directory() + "/" + app, 0755, system_owner(env));
}

void on_delete(const Environment& env, const std::string& app) {
  check_app(app);
  Settings(env).store().remove_all(app);
}

void on_clone(const Environment& env, const std::string& from, const std::string& to) {
  check_app(from);
  check_app(to);
  clear_addresses(env, to);
  const Settings settings(env);
  const Properties& store = settings.store();
  for (const auto& property : store.names(from)) {
    const auto value = store.get(from, property);
    if (!value) continue;
    if (property != kStaticWebListener) {
      store.set(to, property, *value);
    } else if (!value->empty()) {
      log::warn("Not copied: {} of app {} ({}). Set it for app {} where it should have one",
                kStaticWebListener, from, printable(*value), to);
    }
  }
}

void on_rename(const Environment& env, const std::string& from, const std::string& to) {
  check_app(from);
  check_app(to);
  if (from == to) return;
  clear_addresses(env, to);
  const Settings settings(env);
  settings.store().copy(from, to);
  settings.store().remove_all(from);
}

}  // namespace netports::network
