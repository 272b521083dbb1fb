// A backend that does not answer is given up after connect-timeout, for the next one.
#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// An address whose queue of connections is full: further ones get no answer.
class Deaf {
 public:
  Deaf(const std::string& address, std::uint16_t port) : listening_(listen_at(address, port, 0)) {
    fillers_.push_back(connect_to(port, address));
  }

 private:
  netports::UniqueFd listening_;
  std::vector<Peer> fillers_;
};

std::string mapping(const MailHost& host) {
  return std::to_string(host.port) + ":" + std::to_string(host.private_port) +
         " connect-timeout=300ms\n";
}

/// A client whose only backend does not answer, and a server for the next release at 127.0.0.3.
struct MidDial : MailHost {
  MidDial()
      : deaf(kAddress, private_port),
        fresh("127.0.0.3", private_port, digest),
        client((ports("mail", mapping(*this)), start(), connect())) {
    REQUIRE(eventually([&] { return daemon().status().open == 1; }));
  }
  const Deaf deaf;
  const Server fresh;
  Peer client;
};

}  // namespace

TEST_CASE("a backend that does not answer is passed over for the next", "[backend_slow]") {
  MailHost host;
  host.ports("mail", mapping(host));
  host.run("mail", "web.2", "127.0.0.3");
  const Deaf deaf(MailHost::kAddress, host.private_port);
  const Server second("127.0.0.3", host.private_port, digest);
  host.start();
  for (int i = 0; i < 6; ++i) {
    Peer client = host.connect();
    client.send("patience");
    client.half_close();
    CHECK(client.receive_all() == digest_of("patience"));
  }
  const auto port = host.daemon().status().port(std::to_string(host.port));
  CHECK(port.backends.at(0).failed >= 1);
  CHECK(port.backends.at(0).open == 0);
}

TEST_CASE("a client is not given up before every backend was tried", "[backend_slow]") {
  MailHost host;
  // Longer than a backend that failed is left alone at first.
  host.ports("mail", std::to_string(host.port) + ":" + std::to_string(host.private_port) +
                         " balance=least-connections connect-timeout=700ms\n");
  const Server live(MailHost::kAddress, host.private_port, greeting("live"));
  const Deaf second("127.0.0.3", host.private_port);
  const Deaf third("127.0.0.4", host.private_port);
  host.start();
  Peer open = host.connect();
  CHECK(open.receive_line() == "live");
  host.run("mail", "web.2", "127.0.0.3");
  host.run("mail", "web.3", "127.0.0.4");
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  // Both that are deaf have fewer connections.
  CHECK(host.connect().receive_line() == "live");
  const auto port = host.daemon().status().port(std::to_string(host.port));
  CHECK(port.backends.at(1).failed + port.backends.at(2).failed == 2);
}

TEST_CASE("a client whose only backend does not answer is reset in time", "[backend_slow]") {
  MailHost host;
  host.ports("mail", mapping(host));
  const Deaf deaf(MailHost::kAddress, host.private_port);
  host.start();
  Peer client = host.connect();
  CHECK(client.wait_end() == End::reset);
  auto port = host.daemon().status().port(std::to_string(host.port));
  CHECK(port.reasons["unreachable"] == 1);
}

TEST_CASE("a client whose backend falls silent in mid-deploy is served by the new release",
          "[backend_slow]") {
  MidDial host;
  host.client.send("patience");
  host.client.half_close();
  CHECK(host.deploy("127.0.0.3") == "ok\n");
  CHECK(host.client.receive_all() == digest_of("patience"));
}

TEST_CASE("a client is not served by rules that it was not let in by", "[backend_slow]") {
  MidDial host;
  std::string stricter = mapping(host);
  stricter.insert(stricter.size() - 1, " deny=127.0.0.0/8");
  host.ports("mail", stricter);
  CHECK(host.deploy("127.0.0.3") == "ok\n");
  CHECK(host.client.wait_end() == End::reset);
  CHECK(host.fresh.accepted() == 0);
}

TEST_CASE("a client that leaves while its backend is dialled leaves nothing behind",
          "[backend_slow]") {
  MailHost host;
  const Deaf deaf(MailHost::kAddress, host.private_port);
  auto& daemon = host.start();
  const auto before = host.settled_usage();
  SECTION("reset") {
    for (int i = 0; i < 20; ++i) host.connect().reset();
  }
  SECTION("reset after bytes") {
    for (int i = 0; i < 20; ++i) {
      Peer client = host.connect();
      client.send("x");
      client.reset();
    }
  }
  SECTION("clean end") {
    for (int i = 0; i < 20; ++i) host.connect().close();
  }
  CHECK(eventually([&] { return daemon.status().open == 0; }));
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors; }));
}
