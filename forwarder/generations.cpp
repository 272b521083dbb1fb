#include "forwarder/generations.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

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
  std::erase_if(pidfds_, [](const UniqueFd& pidfd) { return has_exited(pidfd.get()); });
  while (pidfds_.size() > limits::kDrainingGenerations) {
    event_log::write("generation-ended", {{"draining", pidfds_.size()}});
    ::syscall(SYS_pidfd_send_signal, pidfds_.front().get(), SIGTERM, nullptr, 0);
    pidfds_.erase(pidfds_.begin());
  }
}

std::vector<pid_t> Generations::pids() const {
  const std::lock_guard lock(mutex_);
  std::vector<pid_t> pids;
  for (const auto& pidfd : pidfds_) {
    const pid_t pid = has_exited(pidfd.get()) ? 0 : pid_of(pidfd.get());
    if (pid > 0) pids.push_back(pid);
  }
  return pids;
}

std::vector<int> Generations::pidfds() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> borrowed;
  for (const auto& pidfd : pidfds_) borrowed.push_back(pidfd.get());
  return borrowed;
}

}  // namespace netports
