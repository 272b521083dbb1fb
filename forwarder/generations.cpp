#include "forwarder/generations.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"

namespace netports {

namespace {

bool has_exited(int pidfd) {
  pollfd polled{pidfd, POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

void send(int pidfd, int signal) { ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0); }

/// Which process a pidfd stands for; 0 when that cannot be told, or no longer.
pid_t pid_of(int pidfd) {
  constexpr std::string_view kKey = "Pid:";
  std::string info;
  try {
    info = read_file(fmt::format("/proc/self/fdinfo/{}", pidfd)).value_or("");
  } catch (const Error&) {
    return 0;  // no descriptor is left to read it with
  }
  for (const auto line : split(info, '\n')) {
    if (!line.starts_with(kKey)) continue;
    return static_cast<pid_t>(parse_number(trim(line.substr(kKey.size())), 1 << 30).value_or(0));
  }
  return 0;
}

}  // namespace

void Generations::bound() {
  const std::lock_guard lock(mutex_);
  std::erase_if(generations_, [](const auto& one) { return has_exited(one.pidfd.get()); });
  auto draining = std::count_if(generations_.begin(), generations_.end(),
                                [](const auto& one) { return !one.ending; });
  for (auto& one : generations_) {
    if (draining <= static_cast<std::ptrdiff_t>(limits::kDrainingGenerations)) return;
    if (one.ending) continue;
    event_log::write("generation-ended", {{"draining", draining}});
    send(one.pidfd.get(), SIGTERM);
    one.ending = true;
    --draining;
  }
}

void Generations::reload() const {
  const std::lock_guard lock(mutex_);
  for (const auto& one : generations_) send(one.pidfd.get(), SIGHUP);
}

void Generations::end(bool at_once) {
  const std::lock_guard lock(mutex_);
  for (auto& one : generations_) {
    if (one.ending && !at_once) continue;
    send(one.pidfd.get(), SIGTERM);
    one.ending = true;
  }
}

std::vector<pid_t> Generations::pids() const {
  const std::lock_guard lock(mutex_);
  std::vector<pid_t> pids;
  for (const auto& one : generations_) {
    const pid_t pid = has_exited(one.pidfd.get()) ? 0 : pid_of(one.pidfd.get());
    if (pid > 0) pids.push_back(pid);
  }
  return pids;
}

bool Generations::any_runs() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(generations_.begin(), generations_.end(),
                     [](const auto& one) { return !has_exited(one.pidfd.get()); });
}

std::vector<std::pair<int, bool>> Generations::pidfds() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<int, bool>> borrowed;
  for (const auto& one : generations_) borrowed.emplace_back(one.pidfd.get(), one.ending);
  return borrowed;
}

}  // namespace netports
