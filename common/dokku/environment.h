// What Dokku tells its plugins through the environment, read once.
#pragma once

#include <string>

namespace netports {

/// Values of the DOKKU_* variables [§1.2], with Dokku's defaults where one is unset.
struct Environment {
  std::string dokku_root = "/home/dokku";
  std::string dokku_lib_root = "/var/lib/dokku";
  std::string plugin_path = "/var/lib/dokku/plugins";
  std::string plugin_core_path = "/var/lib/dokku/core-plugins";
  std::string system_user = "dokku";
  std::string system_group = "dokku";
  std::string docker_bin = "docker";
  std::string docker_host;     // DOCKER_HOST, empty when unset
  std::string docker_context;  // DOCKER_CONTEXT, empty when unset
  std::string docker_config;   // DOCKER_CONFIG, else $HOME/.docker
  std::string app_name;        // DOKKU_APP_NAME: the value of --app
  std::string ssh_user;        // SSH_USER, else USER
  std::string ssh_name;        // SSH_NAME, else NAME, else "default"
  std::string ports_socket = "/run/dokku-ports/control.sock";
  int not_implemented_exit = 10;
  bool not_implemented_exit_known = false;
  bool quiet = false;
  bool trace = false;
  bool force = false;
  bool events = false;  // DOKKU_EVENTS: the hooks of 20_events write a log

  static Environment from_process();
};

}  // namespace netports
