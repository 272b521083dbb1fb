#include "dokku/takeover.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "dokku/properties.h"

namespace netports {

namespace fs = std::filesystem;

namespace {

constexpr const char* kProperty = "takeover";
constexpr const char* kOn = "on";

/// The triggers that Dokku's own network plugin answers [§3.6], but for `install`: hosts break
/// when one of them has no answer.
constexpr std::array kNetworkTriggers{"core-post-deploy",
                                      "docker-args-process-build",
                                      "docker-args-process-deploy",
                                      "docker-args-process-run",
                                      "network-build-config",
                                      "network-config-exists",
                                      "network-get-ipaddr",
                                      "network-get-listeners",
                                      "network-get-property",
                                      "network-get-static-listeners",
                                      "network-write-ipaddr",
                                      "network-write-port",
                                      "post-app-clone-setup",
                                      "post-app-rename-setup",
                                      "post-container-create",
                                      "post-delete",
                                      "report"};

/// `path` with all links resolved; empty when it leads nowhere.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? "" : real.string();
}

bool is_link(const std::string& path) {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error));
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

}  // namespace

Takeover::Takeover(const Environment& env, const Entry& entry)
    : env_(env),
      entry_(entry),
      link_(env.plugin_path + "/enabled/network"),
      core_available_(env.plugin_path + "/available/network"),
      own_available_(env.plugin_path + "/available/" + entry.plugin_name) {}

std::string Takeover::core_directory() const {
  return real_path(env_.plugin_core_path + "/available/network");
}

Takeover::Holder Takeover::holder() const {
  const std::string real = real_path(link_);
  if (real.empty()) return Holder::nobody;
  if (real == entry_.directory) {
    return entry_.plugin_name == "network" ? Holder::alone : Holder::us;
  }
  return real == core_directory() ? Holder::core : Holder::other;
}

std::string Takeover::holder_name() const { return fs::path(real_path(link_)).filename().string(); }

bool Takeover::remembered() const {
  return Properties(env_, entry_.plugin_name).get(kGlobal, kProperty) == kOn;
}

void Takeover::check_core_layout() const {
  const std::string core = core_directory();
  if (core.empty() || !is_directory(core)) {
    throw Error("Unable to switch the network role: Dokku's own network plugin is not in {}",
                env_.plugin_core_path + "/available");
  }
  if (!is_link(core_available_) || real_path(core_available_) != core) {
    throw Error("Unable to switch the network role: {} is not Dokku's link to its own plugin",
                core_available_);
  }
}

bool Takeover::on() const {
  const Properties properties(env_, entry_.plugin_name);
  if (is_there(link_) && !is_link(link_)) {
    throw Error("Unable to take the network role over: {} is not a link", link_);
  }
  switch (holder()) {
    case Holder::alone:
      throw Error("Unable to take the network role over: {} is the only network plugin here",
                  entry_.directory);
    case Holder::us:
      if (!remembered()) properties.set(kGlobal, kProperty, kOn);
      return false;
    case Holder::nobody:
      throw Error("Unable to take the network role over: No network plugin is enabled at {}",
                  link_);
    case Holder::other:
      throw Error("Unable to take the network role over: {} leads to another plugin, {}", link_,
                  real_path(link_));
    case Holder::core:
      break;
  }
  check_core_layout();
  if (real_path(own_available_) != entry_.directory) {
    throw Error("Unable to take the network role over: This plugin is in {} and not in {}",
                entry_.directory, own_available_);
  }
  for (const char* trigger : kNetworkTriggers) {
    const std::string hook = entry_.directory + "/" + trigger;
    if (!is_regular_file(hook) || ::access(hook.c_str(), X_OK) != 0) {
      throw Error("Unable to take the network role over: This plugin lacks the trigger {}",
                  trigger);
    }
  }
  // Remembered first: a link that was replaced and is not remembered would come undone unseen.
  const bool chosen_before = remembered();
  properties.set(kGlobal, kProperty, kOn);
  try {
    replace_link(own_available_);
  } catch (const Error&) {
    if (!chosen_before) properties.unset(kGlobal, kProperty);
    throw;
  }
  return true;
}

bool Takeover::off() const {
  const Properties properties(env_, entry_.plugin_name);
  switch (holder()) {
    case Holder::alone:
      throw Error("Unable to give the network role back: {} is the only network plugin here",
                  entry_.directory);
    case Holder::core:
    case Holder::other:
    case Holder::nobody:
      properties.unset(kGlobal, kProperty);
      return false;
    case Holder::us:
      break;
  }
  check_core_layout();
  replace_link(core_available_);
  properties.unset(kGlobal, kProperty);
  return true;
}

void Takeover::replace_link(const std::string& target) const {
  const std::string directory = env_.plugin_path + "/enabled";
  // Two at once share one name for the half-made link, so that none stays when a run is killed.
  const UniqueFd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
    throw Error("Unable to lock {}: {}", directory, errno_text(errno));
  }
  // The leading dot keeps it out of plugn's list of entries.
  const std::string temp = directory + "/.network.tmp";
  remove_file(temp);
  if (::symlink(target.c_str(), temp.c_str()) != 0) {
    throw Error("Unable to replace {}: {}", link_, errno_text(errno));
  }
  try {
    rename_file(temp, link_);
  } catch (const Error&) {
    remove_file(temp);
    throw;
  }
}

}  // namespace netports
