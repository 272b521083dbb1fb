#include "dokku/properties.h"

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/users.h"

namespace netports {

Properties::Properties(const Environment& env, std::string plugin)
    : env_(env),
      plugin_(std::move(plugin)),
      directory_(env.dokku_lib_root + "/config/" + plugin_) {}

std::string Properties::file_of(const std::string& scope, const std::string& property) const {
  if (scope != kGlobal && !is_app_name(scope)) {
    throw Error("Unable to use {} as an app name", scope.empty() ? "an empty name" : scope);
  }
  return directory_ + "/" + scope + "/" + property;
}

std::optional<std::string> Properties::get(const std::string& scope,
                                           const std::string& property) const {
  const std::string file = file_of(scope, property);
  try {
    return read_file(file);
  } catch (const Error&) {
    log::warn("Unable to read {} property {}.{}", plugin_, scope, property);
    return {};
  }
}

std::string Properties::computed(const std::string& app, const std::string& property,
                                 const std::string& otherwise) const {
  auto value = get(app, property);
  if (!value || value->empty()) value = get(kGlobal, property);
  return value && !value->empty() ? *value : otherwise;
}

void Properties::set(const std::string& scope, const std::string& property,
                     const std::string& value) const {
  const std::string file = file_of(scope, property);
  const auto owner = system_owner(env_);
  make_directories(directory_ + "/" + scope, 0755, owner);
  write_file(file, value, 0600, owner);
}

void Properties::unset(const std::string& scope, const std::string& property) const {
  remove_file(file_of(scope, property));
}

void Properties::copy(const std::string& from, const std::string& to) const {
  for (const auto& name : names(from)) {
    if (const auto value = get(from, name)) set(to, name, *value);
  }
}

void Properties::remove_all(const std::string& scope) const {
  for (const auto& name : directory_entries(file_of(scope, ""))) {
    remove_file(file_of(scope, name));
  }
  std::error_code ignored;  // missing, or a stranger's subdirectory: not ours to remove
  std::filesystem::remove(directory_ + "/" + scope, ignored);
}

std::vector<std::string> Properties::names(const std::string& scope) const {
  std::vector<std::string> found;
  for (auto& name : directory_entries(file_of(scope, ""))) {
    if (name[0] != '.' && is_regular_file(file_of(scope, name))) found.push_back(std::move(name));
  }
  return found;
}

}  // namespace netports
