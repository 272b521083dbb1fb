#include "forwarder/socket.h"

#include <ifaddrs.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "forwarder/limits.h"

namespace netports {

namespace {

constexpr int kKeepaliveIdleSeconds = 120;
constexpr int kKeepaliveIntervalSeconds = 30;
constexpr int kKeepaliveProbes = 4;

void set(int fd, int level, int option, int value) {
  // Options are improvements: a socket without one still forwards.
  [[maybe_unused]] const int result = ::setsockopt(fd, level, option, &value, sizeof value);
}

/// A socket bound to the address; no descriptor on failure, errno says why.
UniqueFd try_bind(const ListenAddress& address, int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.ip ? 1 : 0);
  set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  keep_alive(fd.get());
  sockaddr_storage storage{};
  const IpAddress any = *IpAddress::parse(family == AF_INET6 ? "::" : "0.0.0.0");
  const socklen_t length = address.ip.value_or(any).to_sockaddr(address.port, storage);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    const int error = errno;
    fd.reset();
    errno = error;
  }
  return fd;
}

UniqueFd try_bind(const ListenAddress& address) {
  if (address.ip) return try_bind(address, address.ip->is_v6() ? AF_INET6 : AF_INET);
  UniqueFd both = try_bind(address, AF_INET6);
  if (both || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)) return both;
  return try_bind(address, AF_INET);
}

}  // namespace

UniqueFd listen_on(const ListenAddress& address) {
  UniqueFd fd = try_bind(address);
  if (!fd || ::listen(fd.get(), limits::kListenBacklog) != 0) {
    throw Error("Cannot listen on {}: {}", address.text(), errno_text(errno));
  }
  return fd;
}

std::string probe_listen(const ListenAddress& address) {
  return try_bind(address) ? "" : errno_text(errno);
}

std::set<IpAddress> host_addresses() {
  std::set<IpAddress> found;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    sockaddr_storage address{};
    const bool v6 = one->ifa_addr->sa_family == AF_INET6;
    if (!v6 && one->ifa_addr->sa_family != AF_INET) continue;
    std::memcpy(&address, one->ifa_addr, v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    if (const auto ip = IpAddress::of(address)) found.insert(*ip);
  }
  return found;
}

UniqueFd start_connect(const IpAddress& ip, std::uint16_t port) {
  sockaddr_storage storage{};
  const socklen_t length = ip.to_sockaddr(port, storage);
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0 &&
      errno != EINPROGRESS) {
    const int error = errno;
    fd.reset();
    errno = error;
  }
  return fd;
}

void keep_alive(int fd) {
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
}

int socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

bool has_undelivered(int fd) {
  int count = 0;
  return ::ioctl(fd, SIOCOUTQ, &count) == 0 && count > 0;
}

void close_with_reset(int fd) {
  const linger hard{1, 0};
  [[maybe_unused]] const int result = ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace netports
