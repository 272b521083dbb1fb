// load AXIS --port PORT [--connections N] [--seconds S] [--reply BYTES] [--pids PID,...]
//
// One measurement of one forwarder, printed as "metric value" lines. One thread, epoll. The
// processor time of the forwarder (--pids) is read from its own clocks at both ends of the measured
// window, so start-up and warm-up of either side do not count.
//
//   send, receive   bulk streams towards the backend, and from it: gbit, cpu_per_gb
//   requests        request and reply over open connections: per_second, p50_us, p99_us, cpu_us
//   short           connect, request, reply, the backend closes: per_second, failed, cpu_us
//   idle            open connections that said one thing each: bytes_per_connection
//   upgrade         opens connections, sends SIGUSR2 to the first of --pids, makes short ones for a
//                   while, asks each open one again: connections, failed_new, failed_open
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "bench/protocol.h"

using bench::Kind;
using bench::Request;

namespace {

constexpr std::size_t kBufferBytes = 1 << 20;
constexpr std::size_t kBulkBytes = 256 << 10;
constexpr double kWarmUpSeconds = 0.15;
constexpr double kStallSeconds = 10;
constexpr unsigned kSourceAddresses = 64;  // each has its own ports: none of them runs out

struct Settings {
  std::string axis;
  std::uint16_t port = 0;
  std::size_t connections = 1;
  double seconds = 1;
  std::uint32_t reply = 64;
  std::vector<pid_t> pids;
};

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "load: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double now() { return seconds_of(CLOCK_MONOTONIC); }

double cpu_of(const std::vector<pid_t>& pids) {
  double sum = 0;
  for (const pid_t pid : pids) {
    clockid_t clock = 0;
    if (::clock_getcpuclockid(pid, &clock) == 0) sum += seconds_of(clock);
  }
  return sum;
}

/// What the processes have for themselves alone.
double private_bytes_of(const std::vector<pid_t>& pids) {
  double kib = 0;
  for (const pid_t pid : pids) {
    const std::string path = "/proc/" + std::to_string(pid) + "/smaps_rollup";
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) give_up(path.c_str());
    char line[256];
    long value = 0;
    while (std::fgets(line, sizeof line, file) != nullptr) {
      if (std::sscanf(line, "Private_Clean: %ld", &value) == 1) kib += static_cast<double>(value);
      if (std::sscanf(line, "Private_Dirty: %ld", &value) == 1) kib += static_cast<double>(value);
    }
    std::fclose(file);
  }
  return kib * 1024;
}

struct Connection {
  int fd = -1;
  std::size_t received = 0;
  double sent_at = 0;
  bool greeted = false;
};

class Load {
 public:
  explicit Load(const Settings& settings)
      : settings_(settings), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kBufferBytes, 'x') {}

  void run() {
    if (settings_.axis == "send" || settings_.axis == "receive") return bulk();
    if (settings_.axis == "requests") return requests();
    if (settings_.axis == "short") return short_connections();
    if (settings_.axis == "upgrade") return upgrade();
    idle();
  }

 private:
  int connect_socket(bool blocking) {
    const int fd =
        ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (fd < 0) give_up("socket");
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source_++ % kSourceAddresses);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("bind");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(settings_.port);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      give_up("connect");
    }
    return fd;
  }

  void watch(int operation, Connection& connection, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, operation, connection.fd, &event);
  }

  static void limit_stalls(int fd) {
    timeval limit{static_cast<time_t>(kStallSeconds), 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  void open_all(Kind kind) {
    connections_.resize(settings_.connections);
    for (Connection& connection : connections_) {
      connection.fd = connect_socket(true);
      limit_stalls(connection.fd);
      if (kind != Kind::reply) greet(connection, kind);
      watch(EPOLL_CTL_ADD, connection, kind == Kind::sink ? EPOLLOUT : EPOLLIN);
    }
  }

  bool greet(Connection& connection, Kind kind) {
    Request request;
    request.kind = kind;
    request.reply_bytes = settings_.reply;
    connection.greeted = ::send(connection.fd, &request, sizeof request,
                                MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof request;
    return connection.greeted;
  }

  /// Runs the loop for the warm-up and the window; `handle` gets every ready connection and
  /// returns what it did in units of the axis.
  template <typename Handle>
  void measure(Handle handle) {
    const double begin = now();
    double window_begin = 0;
    double cpu_begin = 0;
    double last_progress = begin;
    std::uint64_t done = 0;
    epoll_event events[256];
    while (true) {
      const int count = ::epoll_wait(epoll_, events, 256, 100);
      const double at = now();
      std::uint64_t step = 0;
      for (int i = 0; i < count; ++i) {
        step += handle(*static_cast<Connection*>(events[i].data.ptr), events[i].events, at);
      }
      if (step > 0) last_progress = at;
      if (at - last_progress > kStallSeconds) {
        errno = ETIMEDOUT;
        give_up("no progress");
      }
      if (window_begin > 0) {
        done += step;
        if (at - window_begin >= settings_.seconds) {
          window_ = at - window_begin;
          cpu_ = cpu_of(settings_.pids) - cpu_begin;
          done_ = static_cast<double>(done);
          return;
        }
      } else if (at - begin >= kWarmUpSeconds) {
        window_begin = at;
        cpu_begin = cpu_of(settings_.pids);
        latencies_.clear();
        failed_ = 0;
      }
    }
  }

  void bulk() {
    const bool sending = settings_.axis == "send";
    open_all(sending ? Kind::sink : Kind::source);
    measure([&](Connection& connection, std::uint32_t, double) -> std::uint64_t {
      const ssize_t n =
          sending ? ::send(connection.fd, buffer_.data(), kBulkBytes, MSG_NOSIGNAL | MSG_DONTWAIT)
                  : ::recv(connection.fd, buffer_.data(), kBulkBytes, MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EAGAIN)) give_up("bulk stream");
      return static_cast<std::uint64_t>(std::max<ssize_t>(n, 0));
    });
    std::printf("gbit %.3f\n", done_ * 8 / window_ / 1e9);
    if (!settings_.pids.empty()) std::printf("cpu_per_gb %.4f\n", cpu_ / (done_ / 1e9));
  }

  void requests() {
    open_all(Kind::reply);
    for (Connection& connection : connections_) ask(connection);
    measure([&](Connection& connection, std::uint32_t, double) -> std::uint64_t {
      const ssize_t n = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EAGAIN)) give_up("reply");
      connection.received += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
      if (connection.received < settings_.reply) return 0;
      latencies_.push_back(static_cast<float>(now() - connection.sent_at));
      connection.received = 0;
      ask(connection);
      return 1;
    });
    std::printf("per_second %.0f\n", done_ / window_);
    std::printf("p50_us %.1f\n", percentile(0.50) * 1e6);
    std::printf("p99_us %.1f\n", percentile(0.99) * 1e6);
    if (!settings_.pids.empty()) std::printf("cpu_us %.2f\n", cpu_ / done_ * 1e6);
  }

  void ask(Connection& connection) {
    connection.sent_at = now();
    if (!greet(connection, Kind::reply)) give_up("request");
  }

  void short_connections() {
    connections_.resize(settings_.connections);
    for (Connection& connection : connections_) open_short(connection);
    measure([&](Connection& connection, std::uint32_t, double) -> std::uint64_t {
      if (!connection.greeted) {
        if (greet(connection, Kind::reply_and_close)) watch(EPOLL_CTL_MOD, connection, EPOLLIN);
        return 0;
      }
      while (true) {
        const ssize_t n = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) return 0;
        if (n > 0) {
          connection.received += static_cast<std::size_t>(n);
          continue;
        }
        const bool good = n == 0 && connection.received == settings_.reply;
        if (!good) ++failed_;
        ::close(connection.fd);
        open_short(connection);
        return good ? 1 : 0;
      }
    });
    std::printf("per_second %.0f\n", done_ / window_);
    std::printf("failed %.0f\n", failed_);
    if (!settings_.pids.empty()) std::printf("cpu_us %.2f\n", cpu_ / done_ * 1e6);
  }

  void open_short(Connection& connection) {
    connection = Connection{};
    connection.fd = connect_socket(false);
    const bool greeted = greet(connection, Kind::reply_and_close);
    watch(EPOLL_CTL_ADD, connection, greeted ? EPOLLIN : EPOLLOUT);
  }

  void idle() {
    // One connection first: what a forwarder sets up once is not the price of each.
    connections_.resize(settings_.connections + 1);
    say_one_thing(connections_.back());
    const double before = private_bytes_of(settings_.pids);
    for (std::size_t i = 0; i < settings_.connections; ++i) say_one_thing(connections_[i]);
    const double after = private_bytes_of(settings_.pids);
    std::printf("bytes_per_connection %.0f\n",
                (after - before) / static_cast<double>(settings_.connections));
  }

  void upgrade() {
    std::vector<Connection> open(settings_.connections);
    for (Connection& connection : open) say_one_thing(connection);
    if (settings_.pids.empty() || ::kill(settings_.pids[0], SIGUSR2) != 0) give_up("SIGUSR2");
    double failed_new = 0;
    double made = 0;
    for (const double end = now() + settings_.seconds; now() < end; ++made) {
      Connection connection;
      connection.fd = connect_socket(true);
      limit_stalls(connection.fd);
      if (!asked(connection)) ++failed_new;
      ::close(connection.fd);
    }
    double failed_open = 0;
    for (Connection& connection : open) {
      connection.received = 0;
      if (!asked(connection)) ++failed_open;
    }
    std::printf("connections %.0f\nfailed_new %.0f\nfailed_open %.0f\n", made, failed_new,
                failed_open);
  }

  void say_one_thing(Connection& connection) {
    connection.fd = connect_socket(true);
    limit_stalls(connection.fd);
    if (!asked(connection)) give_up("request and reply");
  }

  /// Whether the whole reply came.
  bool asked(Connection& connection) {
    if (!greet(connection, Kind::reply)) return false;
    while (connection.received < settings_.reply) {
      const ssize_t n = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
      if (n <= 0) return false;
      connection.received += static_cast<std::size_t>(n);
    }
    return true;
  }

  double percentile(double which) {
    if (latencies_.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(static_cast<double>(latencies_.size() - 1) * which);
    std::nth_element(latencies_.begin(), latencies_.begin() + at, latencies_.end());
    return latencies_[static_cast<std::size_t>(at)];
  }

  const Settings settings_;
  const int epoll_;
  std::vector<char> buffer_;
  std::vector<Connection> connections_;
  std::vector<float> latencies_;
  unsigned source_ = 0;
  double window_ = 0;
  double cpu_ = 0;
  double done_ = 0;
  double failed_ = 0;
};

Settings parse(int argc, char** argv) {
  Settings settings;
  if (argc < 2) return settings;
  settings.axis = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") settings.port = static_cast<std::uint16_t>(std::atoi(value));
    if (name == "--connections") settings.connections = std::strtoul(value, nullptr, 10);
    if (name == "--seconds") settings.seconds = std::atof(value);
    if (name == "--reply") settings.reply = static_cast<std::uint32_t>(std::atoi(value));
    if (name == "--pids") {
      for (const char* at = value; *at != '\0';) {
        char* end = nullptr;
        settings.pids.push_back(static_cast<pid_t>(std::strtol(at, &end, 10)));
        at = *end == ',' ? end + 1 : end;
        if (end == value) break;
      }
    }
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  const std::string& axis = settings.axis;
  if (settings.port == 0 || (axis != "send" && axis != "receive" && axis != "requests" &&
                             axis != "short" && axis != "idle" && axis != "upgrade")) {
    std::fputs(
        "Usage: load send|receive|requests|short|idle|upgrade --port PORT [--connections N] "
        "[--seconds S] "
        "[--reply BYTES] [--pids PID,...]\n",
        stderr);
    return 2;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  Load(settings).run();
}
