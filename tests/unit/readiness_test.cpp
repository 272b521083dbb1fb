#include "ports/readiness.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "catch.h"
#include "temp_directory.h"

using namespace netports;
using std::chrono::milliseconds;

namespace {

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");

/// A socket bound to a port of the loopback address that the kernel chose; it refuses connections
/// until `listen`.
struct Bound {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;

  Bound() {
    sockaddr_storage address{};
    socklen_t length = kLoopback.to_sockaddr(0, address);
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port = ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  void listen() const { REQUIRE(::listen(fd.get(), 8) == 0); }
};

}  // namespace

TEST_CASE("wait_for_ports returns as soon as all accept", "[ports]") {
  const Bound first;
  const Bound late;
  first.listen();
  int asked = 0;
  const auto missing = wait_for_ports({first.port, late.port}, milliseconds(10'000), [&] {
    if (++asked == 3) late.listen();
    return direct_targets({first.port, late.port}, kLoopback);
  });
  CHECK(missing.empty());
  CHECK(asked == 3);
}

TEST_CASE("wait_for_ports gives the ports that stay deaf", "[ports]") {
  const Bound open;
  const Bound deaf;
  open.listen();
  const auto direct = [&] { return direct_targets({open.port, deaf.port}, kLoopback); };
  CHECK(wait_for_ports({open.port, deaf.port}, milliseconds(300), direct) ==
        std::vector<std::uint16_t>{deaf.port});
  const auto none = [] { return std::vector<Target>{}; };
  CHECK(wait_for_ports({open.port}, milliseconds(300), none) ==
        std::vector<std::uint16_t>{open.port});
  CHECK(wait_for_ports({}, milliseconds(300), none).empty());
}

TEST_CASE("wait_for_ports is not taken in by a proxy that accepts for everybody", "[ports]") {
  const Bound proxy;
  proxy.listen();
  const std::vector<Target> targets{{5025, kLoopback, proxy.port, /*relayed=*/true}};
  const auto relayed = [&] { return targets; };
  SECTION("it hangs up: nobody is behind it") {
    std::thread hang_up([&] {
      while (true) {
        const UniqueFd client(::accept(proxy.fd.get(), nullptr, nullptr));
        if (!client) return;
      }
    });
    const auto missing = wait_for_ports({5025}, milliseconds(500), relayed);
    ::shutdown(proxy.fd.get(), SHUT_RDWR);
    hang_up.join();
    CHECK(missing == std::vector<std::uint16_t>{5025});
  }
  SECTION("it holds on: somebody is") {
    CHECK(wait_for_ports({5025}, milliseconds(5000), relayed).empty());
  }
}

TEST_CASE("wait_for_ports ends when the container does", "[ports]") {
  const Bound deaf;
  CHECK_THROWS_AS(wait_for_ports({deaf.port}, milliseconds(60'000),
                                 []() -> std::vector<Target> { throw Error("It is gone"); }),
                  Error);
}

TEST_CASE("private_ports_of gives each port of the process type once", "[ports]") {
  const auto mappings = parse_ports("25:5025\n26:5025\n1:1\n993:5993 process=imap", "PORTS");
  CHECK(private_ports_of(mappings, "web") == std::vector<std::uint16_t>{1, 5025});
  CHECK(private_ports_of(mappings, "imap") == std::vector<std::uint16_t>{5993});
  CHECK(private_ports_of(mappings, "").empty());
}

TEST_CASE("CheckSettings reads Dokku's checks properties", "[ports]") {
  const test::TempDirectory temp;
  Environment env;
  env.dokku_lib_root = temp.path();
  const auto set = [&](const std::string& name, const std::string& value) {
    write_file(temp.file("config/checks/" + name), value, 0600);
  };
  CHECK(CheckSettings(env, "mail").deadline() == std::chrono::seconds(30));
  CHECK_FALSE(CheckSettings(env, "mail").disabled("web"));
  set("mail/wait", "5");
  set("mail/timeout", "3");
  set("mail/attempts", "2");
  CHECK(CheckSettings(env, "mail").deadline() == std::chrono::seconds(11));
  set("mail/timeout", "forever");
  CHECK(CheckSettings(env, "mail").deadline() == std::chrono::seconds(65));
  set("mail/disabled", "web,worker");
  set("mail/skipped", "_all_");
  CHECK(CheckSettings(env, "mail").disabled("worker"));
  CHECK_FALSE(CheckSettings(env, "mail").disabled("work"));
  CHECK(CheckSettings(env, "mail").skipped("anything"));
}
