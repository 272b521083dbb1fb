#include "server.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <functional>

namespace netports::test {

Server::Server(UniqueFd listening, Handler handler)
    : handler_(std::move(handler)),
      listening_(std::move(listening)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { accept_all(); }) {}

void Server::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
  listening_.reset();
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
  ended_.wait(lock, [this] { return handlers_ == 0; });
}

std::size_t Server::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::size_t Server::open() const {
  const std::lock_guard lock(mutex_);
  return handlers_;
}

void Server::accept_all() {
  while (true) {
    pollfd polled[] = {{listening_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(polled, 2, -1);
    if (polled[1].revents != 0) return;
    UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    {
      const std::lock_guard lock(mutex_);
      ++accepted_;
      ++handlers_;
      connections_.insert(fd.get());
    }
    std::thread([this, raw = fd.release()] { serve(UniqueFd(raw)); }).detach();
  }
}

void Server::serve(UniqueFd fd) {
  const int raw = fd.get();
  {
    Peer peer(std::move(fd));
    handler_(peer);
    // Forgotten before it is closed: the number may be another connection's at once.
    const std::lock_guard lock(mutex_);
    connections_.erase(raw);
  }
  const std::lock_guard lock(mutex_);
  --handlers_;
  ended_.notify_all();
}

void echo(Peer& peer) {
  char buffer[65536];
  ssize_t n = 0;
  while ((n = ::recv(peer.fd(), buffer, sizeof buffer, 0)) > 0) {
    if (!peer.send({buffer, static_cast<std::size_t>(n)})) return;
  }
}

Server::Handler greeting(const std::string& line) {
  return [line](Peer& peer) {
    if (peer.send(line + "\n")) echo(peer);
  };
}

std::string digest_of(std::string_view bytes) {
  return fmt::format("{} {:x}", bytes.size(), std::hash<std::string_view>()(bytes));
}

void digest(Peer& peer) {
  const std::string all = peer.receive_all();
  peer.send(digest_of(all));
}

}  // namespace netports::test
