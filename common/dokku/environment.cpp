#include "dokku/environment.h"

#include <cstdlib>

#include "base/text.h"

namespace netports {

namespace {

std::string variable(const char* name, const std::string& otherwise = "") {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

Environment Environment::from_process() {
  Environment env;
  env.dokku_root = variable("DOKKU_ROOT", env.dokku_root);
  env.dokku_lib_root = variable("DOKKU_LIB_ROOT", variable("DOKKU_LIB_PATH", env.dokku_lib_root));
  env.plugin_path = variable("PLUGIN_PATH", env.dokku_lib_root + "/plugins");
  env.plugin_core_path = variable("PLUGIN_CORE_PATH", env.dokku_lib_root + "/core-plugins");
  env.system_user = variable("DOKKU_SYSTEM_USER", env.system_user);
  env.system_group = variable("DOKKU_SYSTEM_GROUP", env.system_group);
  env.docker_bin = variable("DOCKER_BIN", env.docker_bin);
  env.docker_host = variable("DOCKER_HOST");
  env.docker_context = variable("DOCKER_CONTEXT");
  env.docker_config = variable("DOCKER_CONFIG", variable("HOME") + "/.docker");
  env.app_name = variable("DOKKU_APP_NAME");
  env.ssh_user = variable("SSH_USER", variable("USER"));
  env.ssh_name = variable("SSH_NAME", variable("NAME", "default"));
  env.ports_socket = variable("DOKKU_PORTS_SOCKET", env.ports_socket);
  if (const auto code = parse_number(variable("DOKKU_NOT_IMPLEMENTED_EXIT"), 255)) {
    env.not_implemented_exit = static_cast<int>(*code);
    env.not_implemented_exit_known = true;
  }
  env.quiet = !variable("DOKKU_QUIET_OUTPUT").empty();
  env.trace = variable("DOKKU_TRACE") == "1";
  env.force = variable("DOKKU_APPS_FORCE_DELETE") == "1";
  env.events = !variable("DOKKU_EVENTS").empty();
  return env;
}

}  // namespace netports
