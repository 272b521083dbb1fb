#include "forwarder/prober.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "catch.h"
#include "forwarder/socket.h"

using namespace netports;

namespace {

/// A route from a listener to one backend on loopback, whose port is bound and refuses.
struct Refusing {
  Refusing() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket.get(), raw, length) == 0);
    REQUIRE(::getsockname(socket.get(), raw, &length) == 0);
    backend->ip = *IpAddress::parse("127.0.0.1");
    backend->port = ntohs(address.sin_port);
    auto route = std::make_shared<Route>();
    route->mapping.listen = listener->address;
    route->backends = {backend};
    table.routes = {route};
  }
  void answer() const { REQUIRE(::listen(socket.get(), 8) == 0); }

  UniqueFd socket;
  std::shared_ptr<Backend> backend = std::make_shared<Backend>();
  std::shared_ptr<Listener> listener =
      std::make_shared<Listener>(*ListenAddress::parse("25"), UniqueFd(), 1);
  RouteTable table;
  Prober prober;
};

}  // namespace

TEST_CASE("Prober dials a backend that is down with growing pauses until it answers", "[prober]") {
  Refusing at;
  at.prober.add(at.backend, at.listener, 0);
  CHECK(at.backend->down);
  at.prober.tick(at.table, 499);
  at.prober.tick(at.table, 500);  // dialled
  at.prober.tick(at.table, 600);  // refused: the next in 1 s
  CHECK(at.backend->down);
  at.answer();
  at.prober.tick(at.table, 1'599);
  at.prober.tick(at.table, 1'599);
  CHECK(at.backend->down);
  at.prober.tick(at.table, 1'600);
  at.prober.tick(at.table, 1'700);
  CHECK_FALSE(at.backend->down);
  CHECK(at.prober.empty());
}

TEST_CASE("Prober leaves a backend alone that no mapping leads to any more", "[prober]") {
  Refusing at;
  at.answer();
  at.prober.add(at.backend, at.listener, 0);
  at.table.routes.clear();
  at.prober.tick(at.table, 500);
  CHECK(at.prober.empty());
  CHECK_FALSE(at.backend->probed);
}

TEST_CASE("Prober ends when a client reached the backend, and two probe it once", "[prober]") {
  Refusing at;
  Prober other;
  at.prober.add(at.backend, at.listener, 0);
  other.add(at.backend, at.listener, 0);
  CHECK(other.empty());
  at.backend->down = false;
  at.prober.tick(at.table, 100);
  CHECK(at.prober.empty());
  other.add(at.backend, at.listener, 200);
  CHECK_FALSE(other.empty());
}
