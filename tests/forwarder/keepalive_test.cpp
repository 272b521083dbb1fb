// A peer that vanished without a word is found out by the kernel's keepalive, on either side and
// without any option. It takes minutes; here the times of the daemon's sockets are cut short.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "catch.h"
#include "host.h"

using namespace netports::test;
using netports::UniqueFd;

namespace {

using AddressCall = int (*)(int, sockaddr*, socklen_t*);

int port_of(int fd, AddressCall call) {
  sockaddr_in6 address{};  // IPv4 has its port at the same place
  socklen_t length = sizeof address;
  const bool known = call(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  return known ? ntohs(address.sin6_port) : -1;
}

int option(const UniqueFd& fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  ::getsockopt(fd.get(), level, name, &value, &length);
  return value;
}

/// The daemon's end of the connection to `peer`, shared with it.
UniqueFd other_end(const DaemonProcess& daemon, const Peer& peer) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, daemon.pid(), 0)));
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(daemon.pid()) + "/fd")) {
    UniqueFd fd(static_cast<int>(
        ::syscall(SYS_pidfd_getfd, process.get(), std::stoi(entry.path().filename().string()), 0)));
    if (port_of(fd.get(), ::getpeername) == port_of(peer.fd(), ::getsockname) &&
        port_of(fd.get(), ::getsockname) == port_of(peer.fd(), ::getpeername)) {
      return fd;
    }
  }
  return UniqueFd();
}

/// The peer is given up within five minutes. Makes that two seconds.
void check_and_shorten(const UniqueFd& fd) {
  REQUIRE(fd);
  // On the side of the container it is switched on once the connection has lasted for a moment.
  CHECK(eventually([&] { return option(fd, SOL_SOCKET, SO_KEEPALIVE) == 1; }));
  CHECK(option(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
            option(fd, IPPROTO_TCP, TCP_KEEPINTVL) * option(fd, IPPROTO_TCP, TCP_KEEPCNT) <=
        300);
  const int one = 1;
  for (const int name : {TCP_KEEPINTVL, TCP_KEEPCNT, TCP_KEEPIDLE}) {
    REQUIRE(::setsockopt(fd.get(), IPPROTO_TCP, name, &one, sizeof one) == 0);
  }
}

}  // namespace

TEST_CASE("keepalive gives up a silent peer that is gone, and no silent one that is there",
          "[keepalive]") {
  MailHost host;
  const UniqueFd listening = listen_at(MailHost::kAddress, host.private_port);
  auto& daemon = host.start({"--threads", "1"});
  struct Pair {
    Peer client;
    Peer backend;
  };
  const auto connect = [&] {
    Peer client = host.connect();
    return Pair{std::move(client), accept_from(listening)};
  };
  Pair client_goes = connect();
  Pair backend_goes = connect();
  Pair silent = connect();
  client_goes.client.vanish();
  backend_goes.backend.vanish();
  check_and_shorten(other_end(daemon, client_goes.client));
  check_and_shorten(other_end(daemon, backend_goes.backend));
  check_and_shorten(other_end(daemon, silent.client));
  check_and_shorten(other_end(daemon, silent.backend));
  CHECK(client_goes.backend.wait_end() == End::reset);
  CHECK(backend_goes.client.wait_end() == End::reset);
  CHECK(eventually([&] { return daemon.status().open == 1; }));
  CHECK(silent.client.send("still here"));
  CHECK(silent.backend.receive(10) == "still here");
  client_goes.client.reset();
  backend_goes.backend.reset();
}
