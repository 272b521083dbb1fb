#include "doctor/dial.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>

#include "base/error.h"
#include "base/unique_fd.h"

namespace netports::doctor {

namespace {

using Clock = std::chrono::steady_clock;

/// Calls `ready` once for each descriptor that shows `events`, until all have or time is over.
void poll_all(std::vector<pollfd> polled, Clock::time_point until,
              const std::function<void(std::size_t index)>& ready) {
  while (true) {
    bool any = false;
    for (const auto& one : polled) any = any || one.fd >= 0;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (!any || left <= 0) return;
    if (::poll(polled.data(), polled.size(), static_cast<int>(left)) <= 0) continue;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      polled[i].fd = -1;  // poll passes it over from now on
      ready(i);
    }
  }
}

/// Starts to connect; no descriptor, and the reason in `result`, when that fails at once.
UniqueFd start(const DialTarget& target, DialResult& result) {
  sockaddr_storage address{};
  const socklen_t length = target.address.to_sockaddr(target.port, address);
  UniqueFd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd && (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 ||
             errno == EINPROGRESS)) {
    return fd;
  }
  result.error = errno_text(errno);
  return {};
}

}  // namespace

std::vector<DialResult> dial(const std::vector<DialTarget>& targets,
                             std::chrono::milliseconds timeout,
                             std::chrono::milliseconds patience) {
  std::vector<DialResult> results(targets.size());
  std::vector<UniqueFd> sockets;
  for (std::size_t i = 0; i < targets.size(); ++i) sockets.push_back(start(targets[i], results[i]));
  const auto polled = [&](short events) {
    std::vector<pollfd> all;
    for (const auto& socket : sockets) all.push_back({socket.get(), events, 0});
    return all;
  };
  std::vector<bool> connected(targets.size());
  poll_all(polled(POLLOUT), Clock::now() + timeout, [&](std::size_t i) {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(sockets[i].get(), SOL_SOCKET, SO_ERROR, &error, &length);
    connected[i] = error == 0;
    // Accepted, and reset before we came to look.
    results[i].closed_at_once = error == ECONNRESET || error == EPIPE;
    if (error != 0 && !results[i].closed_at_once) results[i].error = errno_text(error);
  });
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (connected[i]) continue;
    if (results[i].error.empty() && !results[i].closed_at_once) {
      results[i].error = errno_text(ETIMEDOUT);
    }
    sockets[i].reset();
  }
  poll_all(polled(POLLIN), Clock::now() + patience, [&](std::size_t i) {
    char byte = 0;
    results[i].closed_at_once = ::recv(sockets[i].get(), &byte, 1, 0) != 1;
  });
  return results;
}

}  // namespace netports::doctor
