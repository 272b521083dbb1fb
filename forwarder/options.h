// The daemon's command line.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace netports {

struct Options {
  std::string dokku_root = "/home/dokku";
  std::string properties = "/var/lib/dokku/config/netports";
  std::string control = "/run/dokku-ports/control.sock";
  std::string docker_host;          // empty: the docker CLI's default
  unsigned threads = 0;             // 0: one per core the daemon may use
  std::size_t max_connections = 0;  // 0: what the descriptors allow
  std::chrono::seconds drain_timeout{60};
  std::string pid_file;   // empty: none
  int metrics_port = -1;  // -1: none; 0: any free one
  int ready_fd = -1;
  int inherit_fd = -1;  // from the daemon before, see upgrade.h
  bool debug = false;
  bool show_help = false;
  bool show_version = false;
};

/// The command line without what concerns one start only (--ready-fd, --inherit-fd).
std::vector<std::string> lasting_arguments(int argc, char** argv);

/// Errors: UsageError naming the option.
Options parse_options(int argc, char** argv);

/// What --help prints.
std::string options_help();

}  // namespace netports
