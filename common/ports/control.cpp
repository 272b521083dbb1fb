#include "ports/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace netports {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxReplyBytes = 16 << 20;
constexpr std::chrono::milliseconds kQuickTimeout{5'000};
// Looking up every container of every app takes a while on a busy Engine.
constexpr std::chrono::milliseconds kReloadTimeout{10'000};

/// One conversation with a deadline.
class Conversation {
 public:
  Conversation(const std::string& socket, std::chrono::milliseconds timeout)
      : socket_(socket), deadline_(Clock::now() + timeout) {
    sockaddr_un address{};
    if (socket.size() >= sizeof address.sun_path) fail("Its path is too long");
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket.data(), socket.size());
    fd_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_) fail(errno_text(errno));
    while (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      // EAGAIN: its queue of callers is full, and nothing tells when it no longer is.
      if (errno != EAGAIN && errno != EINTR) fail(errno_text(errno));
      if (Clock::now() >= deadline_) fail("It takes no calls");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n >= 0) {
        text.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        wait_for(POLLOUT);
      } else if (errno != EINTR) {
        fail(errno_text(errno));
      }
    }
  }

  std::string receive() {
    std::string answer;
    char buffer[16384];
    while (true) {
      const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (n == 0) return answer;
      if (n > 0) {
        answer.append(buffer, static_cast<std::size_t>(n));
        if (answer.size() > kMaxReplyBytes) fail("Its answer is too long");
      } else if (errno == EAGAIN) {
        wait_for(POLLIN);
      } else if (errno != EINTR) {
        fail(errno_text(errno));
      }
    }
  }

  [[noreturn]] void fail(const std::string& cause) const {
    throw Error("The forwarder does not answer on {}: {}", socket_, cause);
  }

 private:
  void wait_for(short events) const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    pollfd poll_fd{fd_.get(), events, 0};
    if (left <= 0 || (::poll(&poll_fd, 1, static_cast<int>(left)) == 0)) fail("No answer in time");
  }

  const std::string& socket_;
  Clock::time_point deadline_;
  UniqueFd fd_;
};

std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> lines;
  for (const auto line : split(body, '\n')) {
    if (!trim(line).empty()) lines.push_back(printable(trim(line), 500));
  }
  return lines;
}

}  // namespace

Reply ask(const std::string& socket, const std::string& line, std::chrono::milliseconds timeout) {
  Conversation conversation(socket, timeout);
  conversation.send(line + "\n");
  const std::string answer = conversation.receive();
  const auto end = answer.find('\n');
  const std::string_view first = std::string_view(answer).substr(0, end);
  Reply reply;
  if (first.starts_with("error ")) {
    reply.error = printable(first.substr(6), 500);
  } else if (first != "ok") {
    conversation.fail(answer.empty() ? "It hung up"
                                     : fmt::format("\"{}\" is no answer", printable(first, 60)));
  }
  if (end != std::string::npos) reply.body = answer.substr(end + 1);
  return reply;
}

std::string control_path_of(const std::string& socket, std::int64_t pid) {
  return fmt::format("{}.{}", socket, pid);
}

std::string ForwarderControl::body_of(const std::string& line,
                                      std::chrono::milliseconds timeout) const {
  Reply reply = ask(socket_, line, timeout);
  if (!reply.error.empty()) throw Error("The forwarder says: {}", reply.error);
  return std::move(reply.body);
}

std::vector<std::string> ForwarderControl::reload(const std::string& app) const {
  return lines_of(body_of(app.empty() ? "reload" : "reload " + app, kReloadTimeout));
}

std::vector<std::string> ForwarderControl::stop(const std::string& app) const {
  return lines_of(body_of("stop " + app, kReloadTimeout));
}

std::vector<std::string> ForwarderControl::probe(const std::vector<PortMapping>& mappings) const {
  std::string line = "probe";
  for (const auto& mapping : mappings) line += " " + mapping.listen.text();
  return lines_of(body_of(line, kQuickTimeout));
}

std::string ForwarderControl::connections(const std::string& app) const {
  return body_of(app.empty() ? "connections" : "connections " + app, kQuickTimeout);
}

std::string ForwarderControl::status(const std::string& app) const {
  return body_of(app.empty() ? "status" : "status " + app, kQuickTimeout);
}

}  // namespace netports
