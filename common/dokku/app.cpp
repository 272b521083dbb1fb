#include "dokku/app.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dokku/plugn.h"

namespace netports {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_container_id(std::string_view id) {
  return id.size() >= 12 && id.size() <= 64 &&
         id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The names that `user-auth-app` lets the caller see, where a plugin implements it.
std::vector<std::string> filter_visible(const Environment& env, std::vector<std::string> apps) {
  if (apps.empty() || !plugn::is_implemented(env, "user-auth-app", {"20_events"})) return apps;
  std::vector<std::string> argv{env.ssh_user, env.ssh_name};
  argv.insert(argv.end(), apps.begin(), apps.end());
  const std::string answer = plugn::trigger_output(env, "user-auth-app", argv);
  std::vector<std::string> visible;
  for (const auto line : split(answer, '\n')) {
    if (std::find(apps.begin(), apps.end(), trim(line)) != apps.end()) {
      visible.emplace_back(trim(line));
    }
  }
  return visible;
}

}  // namespace

bool is_app_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && is_lower_or_digit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || c == '.' || c == '-' || c == '_';
         });
}

void verify_app(const Environment& env, const std::string& name) {
  if (name.empty()) throw Error("Please specify an app to run the command on");
  if (!is_app_name(name)) {
    throw Error(
        "App name must begin with lowercase alphanumeric character, and may only contain lowercase "
        "alphanumerics, dots, and hyphens");
  }
  if (!is_directory(app_directory(env, name)) || filter_visible(env, {name}).empty()) {
    throw NoSuchApp(name);
  }
}

std::vector<std::string> all_apps(const Environment& env) {
  std::vector<std::string> apps;
  for (auto& name : directory_entries(env.dokku_root)) {
    const bool hidden = name[0] == '.' || (name[0] >= 'A' && name[0] <= 'Z');
    if (!hidden && is_directory(env.dokku_root + "/" + name)) apps.push_back(std::move(name));
  }
  return apps;
}

std::vector<std::string> visible_apps(const Environment& env) {
  return filter_visible(env, all_apps(env));
}

std::string app_directory(const Environment& env, const std::string& app) {
  return env.dokku_root + "/" + app;
}

std::vector<ContainerFile> container_files(const std::string& directory, EmptyFiles empty) {
  constexpr std::string_view kPrefix = "CONTAINER.";
  std::vector<ContainerFile> found;
  for (const auto& name : directory_entries(directory)) {
    if (!name.starts_with(kPrefix)) continue;
    const auto dot = name.find_last_of('.');
    if (dot < kPrefix.size()) continue;
    const auto number = parse_number(std::string_view(name).substr(dot + 1), 1'000'000);
    if (!number) continue;
    try {
      const auto content = read_file(directory + "/" + name, 4096);
      if (!content) continue;
      const auto id = trim(*content);
      if (!is_container_id(id) && !(id.empty() && empty == EmptyFiles::kept)) continue;
      found.push_back({name.substr(kPrefix.size(), dot - kPrefix.size()),
                       static_cast<unsigned>(*number), std::string(id)});
    } catch (const Error&) {
      continue;  // unreadable is the same as not there: another deploy will write it anew
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.process, a.number) < std::tie(b.process, b.number);
  });
  return found;
}

}  // namespace netports
