// Dokku apps: directories of DOKKU_ROOT [§5.2].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dokku/environment.h"

namespace netports {

/// Whether `name` may name an existing app: `^[a-z0-9][a-z0-9._-]*$`. Such a name is safe as a
/// path component. Length is bounded by the file system's 255.
bool is_app_name(std::string_view name);

/// Checks what a user typed as an app. Errors: Error when it is empty or no app name, NoSuchApp
/// when there is no such app or the user may not see it (`user-auth-app`).
void verify_app(const Environment& env, const std::string& name);

/// All apps in byte order, whoever asks.
std::vector<std::string> all_apps(const Environment& env);

/// All apps that the calling user may see, in byte order.
std::vector<std::string> visible_apps(const Environment& env);

/// DOKKU_ROOT/<app>, for a name that is_app_name.
std::string app_directory(const Environment& env, const std::string& app);

/// The ids in CONTAINER.<process>.<n> of an app, in order of process type and number.
struct ContainerFile {
  std::string process;
  unsigned number;
  std::string id;  // 12 to 64 hex digits
};

/// Dokku writes these files in place: for an instant one is empty.
enum class EmptyFiles { left_out, kept };

/// Reads them, in the order of process and number; a file that is missing, torn or holds no id is
/// left out, and an empty one too unless it is to be kept, with an empty id. Never throws for what
/// the files hold.
std::vector<ContainerFile> container_files(const std::string& app_directory,
                                           EmptyFiles empty = EmptyFiles::left_out);

}  // namespace netports
