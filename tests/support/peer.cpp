#include "peer.h"

#include <fmt/core.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <random>
#include <stdexcept>

#include "base/error.h"
#include "base/ip.h"
#include "wait.h"

namespace netports::test {

namespace {

sockaddr_un path_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("path too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd bound_socket(const std::string& address, std::uint16_t port) {
  sockaddr_storage storage{};
  const auto ip = IpAddress::parse(address);
  if (!ip) throw std::runtime_error("no address: " + address);
  const socklen_t length = ip->to_sockaddr(port, storage);
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) fd.reset();
  return fd;
}

/// Claims `port` among test processes: an abstract socket that ends with this process.
bool claim(std::uint16_t port) {
  const std::string name = fmt::format("netports-test-port-{}", port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return false;
  [[maybe_unused]] const int kept = fd.release();
  return true;
}

}  // namespace

Peer::Peer(UniqueFd fd, End end) : fd_(std::move(fd)), end_(end) {
  const timeval deadline{std::chrono::seconds(kDeadline).count(), 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

ssize_t Peer::read_some(char* buffer, std::size_t size) {
  while (true) {
    if (end_ == End::reset) return -1;
    const ssize_t n = ::recv(fd_.get(), buffer, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) end_ = End::closed;
    if (n < 0 && errno == ECONNRESET) end_ = End::reset;
    return n;
  }
}

std::string Peer::receive(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t n = read_some(bytes.data() + have, count - have);
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

std::string Peer::receive_line() {
  std::string line;
  char c = 0;
  while (read_some(&c, 1) == 1 && c != '\n') line += c;
  return line;
}

std::string Peer::receive_all() {
  std::string all;
  char buffer[65536];
  ssize_t n = 0;
  while ((n = read_some(buffer, sizeof buffer)) > 0) all.append(buffer, static_cast<size_t>(n));
  return all;
}

End Peer::wait_end() {
  char buffer[65536];
  while (read_some(buffer, sizeof buffer) > 0) continue;
  return end_;
}

void Peer::half_close() { ::shutdown(fd_.get(), SHUT_WR); }

void Peer::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  fd_.reset();
}

void Peer::vanish() const { make_deaf(fd_.get()); }

std::uint16_t Peer::local_port() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(fd(), reinterpret_cast<sockaddr*>(&storage), &length);
  return ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port);  // at the same place in both
}

bool Peer::readable() const {
  pollfd polled{fd_.get(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

std::optional<Peer> try_connect_to(std::uint16_t port, const std::string& address,
                                   int receive_buffer) {
  sockaddr_storage storage{};
  const auto ip = IpAddress::parse(address);
  if (!ip) throw std::runtime_error("no address: " + address);
  const socklen_t length = ip->to_sockaddr(port, storage);
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) == 0) {
    return Peer(std::move(fd));
  }
  // Reset before `connect` had returned.
  if (errno == ECONNRESET) return Peer(std::move(fd), End::reset);
  return {};
}

Peer connect_to(std::uint16_t port, const std::string& address, int receive_buffer) {
  auto peer = try_connect_to(port, address, receive_buffer);
  if (!peer) throw std::runtime_error(fmt::format("{}:{}: {}", address, port, errno_text(errno)));
  return std::move(*peer);
}

Peer connect_to_path(const std::string& path) {
  const sockaddr_un address = path_address(path);
  Peer peer(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  if (::connect(peer.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(path + ": " + errno_text(errno));
  }
  return peer;
}

UniqueFd listen_at(const std::string& address, std::uint16_t port, int backlog) {
  UniqueFd fd = bound_socket(address, port);
  if (!fd || ::listen(fd.get(), backlog) != 0) {
    throw std::runtime_error(fmt::format("{}:{}: {}", address, port, errno_text(errno)));
  }
  return fd;
}

UniqueFd listen_at_path(const std::string& path) {
  const sockaddr_un address = path_address(path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 128) != 0) {
    throw std::runtime_error(path + ": " + errno_text(errno));
  }
  return fd;
}

Peer accept_from(const UniqueFd& listening) {
  pollfd polled{listening.get(), POLLIN, 0};
  if (::poll(&polled, 1, std::chrono::milliseconds(kDeadline).count()) != 1) {
    throw std::runtime_error("nobody connects");
  }
  return Peer(UniqueFd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

void make_deaf(int fd, bool deaf) {
  // A filter that keeps nothing of any segment, before TCP sees it.
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  const int option = deaf ? SO_ATTACH_FILTER : SO_DETACH_FILTER;
  if (::setsockopt(fd, SOL_SOCKET, option, &program, sizeof program) != 0) {
    throw std::runtime_error("socket filter: " + errno_text(errno));
  }
}

std::uint16_t free_port() {
  static std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<unsigned> ports(10'000, 30'000);
  for (int i = 0; i < 1000; ++i) {
    const auto port = static_cast<std::uint16_t>(ports(random));
    if (bound_socket("0.0.0.0", port) && bound_socket("::", port) && claim(port)) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace netports::test
