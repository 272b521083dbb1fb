#include "dokku/entry.h"

#include <cerrno>
#include <filesystem>

#include "base/error.h"

namespace netports {

namespace fs = std::filesystem;

Entry Entry::of(const std::string& program, int depth) {
  // A bare name was found through PATH; /proc tells where.
  fs::path called =
      program.find('/') == std::string::npos ? fs::path("/proc/self/exe") : fs::path(program);
  std::error_code error;
  if (called == "/proc/self/exe") called = fs::read_symlink(called, error);
  for (int i = 0; i < depth; ++i) called = called.parent_path();
  if (called.empty()) called = ".";
  const fs::path real = fs::canonical(called, error);
  if (error) throw Error("Unable to find the plugin of {}: {}", program, error.message());
  Entry entry;
  entry.directory = real.string();
  entry.plugin_name = real.filename().string();
  const std::string last = called.filename().string();
  entry.name = last.empty() || last == "." || last == ".." ? entry.plugin_name : last;
  entry.inside_core = entry.directory.find("core-plugins") != std::string::npos;
  return entry;
}

bool Entry::acts_as(Role role) const {
  return role == Role::network ? name == "network" : name == plugin_name;
}

}  // namespace netports
