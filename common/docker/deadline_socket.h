// A Poco socket whose other side cannot hold it up by sending a byte now and then.
#pragma once

#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <poll.h>

#include <chrono>

namespace netports {

/// All reads and writes of the connection together end by one moment, however little each brings:
/// Poco's own timeouts begin anew with every byte. Errors: Poco::TimeoutException past it.
class DeadlineSocket : public Poco::Net::StreamSocketImpl {
 public:
  using Clock = std::chrono::steady_clock;

  explicit DeadlineSocket(Clock::time_point deadline) : deadline_(deadline) {}
  /// Takes over a connection that was accepted.
  DeadlineSocket(int fd, Clock::time_point deadline) : StreamSocketImpl(fd), deadline_(deadline) {}

  using StreamSocketImpl::receiveBytes;
  int receiveBytes(void* buffer, int length, int flags) override {
    return await_bytes() ? StreamSocketImpl::receiveBytes(buffer, length, flags) : 0;
  }

  using SocketImpl::sendBytes;
  int sendBytes(const void* buffer, int length, int flags) override {
    int sent = 0;
    while (sent < length) {
      setSendTimeout(std::chrono::microseconds(time_left()).count());
      // NOLINTNEXTLINE(bugprone-parent-virtual-call): the one between has a loop with no deadline
      sent += SocketImpl::sendBytes(static_cast<const char*>(buffer) + sent, length - sent, flags);
    }
    return sent;
  }

 protected:
  /// Waits until there is something to read; false: nothing more is to be read.
  virtual bool await_bytes() {
    while (!readable_within(time_left())) continue;
    return true;
  }

  /// Poco's own poll makes and closes an epoll descriptor on every call.
  [[nodiscard]] bool readable_within(std::chrono::milliseconds time) const {
    pollfd polled{sockfd(), POLLIN, 0};
    return ::poll(&polled, 1, static_cast<int>(time.count())) > 0;
  }

 private:
  /// At least a millisecond.
  [[nodiscard]] std::chrono::milliseconds time_left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) throw Poco::TimeoutException();
    return left;
  }

  const Clock::time_point deadline_;
};

}  // namespace netports
