// Test app: a TCP server that says which release and which container answered.
//
//   echo_server PORT...     listens on each port, IPv4 and IPv6
//
// Greets with `hello VERSION HOSTNAME`, then echoes every line as `VERSION: line`. VERSION is
// $APP_VERSION, else the first line of /VERSION. Lines that are commands:
//   close   the server closes, cleanly
//   reset   the server resets the connection
//   late    nothing is echoed any more; when the client has shut down its side, the server answers
//           `late N`, N being the bytes that came after this line, and closes
// SIGTERM: connections that wait are accepted, then no more; the process exits with 0 when the last
// connection ends. With IGNORE_TERM=1 nothing of that happens.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr size_t kReadPauseBytes = 1 << 20;  // unsent bytes at which reading pauses
constexpr size_t kLineLimitBytes = 1 << 16;  // a longer line is echoed in pieces

struct Connection {
  std::string in;
  std::string out;
  bool eof = false;      // the client has shut down its side
  bool closing = false;  // close when `out` is sent
  bool late = false;
  uint64_t late_bytes = 0;
};

std::string version() {
  if (const char* value = std::getenv("APP_VERSION"); value != nullptr && *value != '\0') {
    return value;
  }
  std::string line;
  std::ifstream file("/VERSION");
  std::getline(file, line);
  return line.empty() ? "unknown" : line;
}

int listen_on(uint16_t port) {
  // One IPv6 socket serves both families; without IPv6 in the kernel IPv4 has to do.
  for (const int family : {AF_INET6, AF_INET}) {
    const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    const int on = 1;
    const int off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_storage address{};
    socklen_t length = 0;
    if (family == AF_INET6) {
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(port);
      length = sizeof *v6;
    } else {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
      v4->sin_family = AF_INET;
      v4->sin_port = htons(port);
      length = sizeof *v4;
    }
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 && listen(fd, 4096) == 0) {
      return fd;
    }
    close(fd);
  }
  return -1;
}

class Server {
 public:
  explicit Server(std::string version) : version_(std::move(version)) {
    std::string host(256, '\0');
    gethostname(host.data(), host.size() - 1);
    greeting_ = "hello " + version_ + " " + host.c_str() + "\n";
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
  }

  bool add_listener(uint16_t port) {
    const int fd = listen_on(port);
    if (fd < 0) return false;
    listeners_.push_back(fd);
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
    return true;
  }

  int run() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    const int signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    watch(EPOLL_CTL_ADD, signal_fd, EPOLLIN);
    const char* ignore = std::getenv("IGNORE_TERM");
    const bool ignore_term = ignore != nullptr && std::string(ignore) == "1";

    std::vector<epoll_event> events(256);
    while (!stopping_ || !connections_.empty()) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == signal_fd) {
          signalfd_siginfo info{};
          while (read(signal_fd, &info, sizeof info) > 0) {
          }
          if (!ignore_term) stop();
        } else if (auto found = connections_.find(fd); found != connections_.end()) {
          serve(fd, found->second, events[static_cast<size_t>(i)].events);
        } else {
          accept_all(fd);
        }
      }
    }
    return 0;
  }

 private:
  void watch(int operation, int fd, uint32_t wanted) const {
    epoll_event event{};
    event.events = wanted;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    for (const int fd : listeners_) {
      accept_all(fd);  // whoever has connected already is served
      close(fd);
    }
    listeners_.clear();
  }

  void accept_all(int listener) {
    for (;;) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      connections_[fd].out = greeting_;
      watch(EPOLL_CTL_ADD, fd, EPOLLIN);
      serve(fd, connections_[fd], 0);
    }
  }

  void drop(int fd, bool reset) {
    if (reset) {
      const linger hard{1, 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    close(fd);
    connections_.erase(fd);
  }

  /// Returns false when the line asked for a reset.
  bool handle_line(Connection& connection, const std::string& line) {
    if (line == "reset") return false;
    if (line == "close") {
      connection.closing = true;
    } else if (line == "late") {
      connection.late = true;
    } else {
      connection.out += version_ + ": " + line + "\n";
    }
    return true;
  }

  bool handle_input(Connection& connection) {
    size_t start = 0;
    while (!connection.late && !connection.closing && start < connection.in.size()) {
      size_t end = connection.in.find('\n', start);
      size_t next = end + 1;
      if (end == std::string::npos) {
        const size_t rest = connection.in.size() - start;
        // A last line without its newline is a line; an over-long one goes out in pieces.
        if (!connection.eof && rest < kLineLimitBytes) break;
        end = next = connection.in.size();
      }
      std::string line = connection.in.substr(start, end - start);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      start = next;
      if (!handle_line(connection, line)) return false;
    }
    connection.in.erase(0, start);
    if (connection.late) {
      connection.late_bytes += connection.in.size();
      connection.in.clear();
    }
    return true;
  }

  void serve(int fd, Connection& connection, uint32_t happened) {
    if ((happened & EPOLLERR) != 0) return drop(fd, false);
    if ((happened & (EPOLLIN | EPOLLHUP)) != 0) {
      char buffer[65536];
      const ssize_t got = read(fd, buffer, sizeof buffer);
      if (got < 0 && errno != EAGAIN) return drop(fd, false);
      if (got > 0) connection.in.append(buffer, static_cast<size_t>(got));
      if (got == 0) connection.eof = true;
      if (!handle_input(connection)) return drop(fd, true);
      if (connection.eof && !connection.closing) {
        if (connection.late)
          connection.out += "late " + std::to_string(connection.late_bytes) + "\n";
        connection.closing = true;
      }
    }
    while (!connection.out.empty()) {
      const ssize_t sent = send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno != EAGAIN) return drop(fd, false);
        break;
      }
      connection.out.erase(0, static_cast<size_t>(sent));
    }
    if (connection.closing && connection.out.empty()) return drop(fd, false);
    uint32_t wanted = 0;
    if (!connection.closing && connection.out.size() < kReadPauseBytes) wanted |= EPOLLIN;
    if (!connection.out.empty()) wanted |= EPOLLOUT;
    watch(EPOLL_CTL_MOD, fd, wanted);
  }

  std::string version_;
  std::string greeting_;
  int epoll_ = -1;
  bool stopping_ = false;
  std::vector<int> listeners_;
  std::unordered_map<int, Connection> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  Server server(version());
  for (int i = 1; i < argc; ++i) {
    char* end = nullptr;
    const unsigned long port = std::strtoul(argv[i], &end, 10);
    if (*end != '\0' || port == 0 || port > 65535) {
      std::fprintf(stderr, "echo_server: not a port: %s\n", argv[i]);
      return 2;
    }
    if (!server.add_listener(static_cast<uint16_t>(port))) {
      std::fprintf(stderr, "echo_server: cannot listen on %s: %s\n", argv[i], std::strerror(errno));
      return 1;
    }
  }
  return server.run();
}
