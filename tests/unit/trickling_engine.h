// An Engine that says how its answer begins, and from then on one byte at a time.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "catch.h"
#include "docker/endpoint.h"
#include "temp_directory.h"

namespace netports::test {

/// Serves one client after the other, each until it has hung up.
class TricklingEngine {
 public:
  explicit TricklingEngine(std::string beginning)
      : beginning_(std::move(beginning)),
        listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, endpoint().path.data(), endpoint().path.size());
    REQUIRE(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_.get(), 8) == 0);
    thread_ = std::thread([this] {
      while (!stopping_) serve(UniqueFd(::accept(listening_.get(), nullptr, nullptr)));
    });
  }
  ~TricklingEngine() {
    stopping_ = true;
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  TricklingEngine(const TricklingEngine&) = delete;
  TricklingEngine& operator=(const TricklingEngine&) = delete;

  [[nodiscard]] EngineEndpoint endpoint() const {
    EngineEndpoint endpoint;
    endpoint.path = directory_.path() + "/docker.sock";
    return endpoint;
  }

 private:
  void serve(const UniqueFd& client) const {
    std::string next = beginning_;
    pollfd gone{client.get(), POLLRDHUP, 0};
    while (client && !stopping_ && ::poll(&gone, 1, 20) == 0) {
      (void)!::send(client.get(), next.data(), next.size(), MSG_NOSIGNAL);
      next.assign(1, 'x');
    }
  }

  const TempDirectory directory_;
  const std::string beginning_;
  const UniqueFd listening_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace netports::test
