// Daemons that were upgraded and still finish their connections: what is asked of the newest holds
// for them, too.
#include <csignal>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// A host whose daemons stay as long as a client of each is connected.
struct Generations : MailHost {
  const Server backend{kAddress, private_port, greeting("hello")};
  pid_t newest = -1;
  std::vector<Peer> open;

  /// To the newest: the one before accepts until it has closed its listeners.
  void connect_one() {
    REQUIRE(eventually([&] {
      Peer peer = connect();
      if (peer.receive_line() != "hello" || daemon().status().open != 1) return false;
      open.push_back(std::move(peer));
      return true;
    }));
  }
  void upgrade() {
    const auto before = daemon().upgrades();
    if (newest < 0) {
      daemon().signal(SIGUSR2);
    } else {
      REQUIRE(::kill(newest, SIGUSR2) == 0);
    }
    REQUIRE(eventually([&] { return daemon().upgrades() > before; }));
    newest = daemon().pid_in_log("handed-over");
    REQUIRE(newest > 0);
  }
  void map(const std::string& options) const {
    ports("mail", std::to_string(port) + ":" + std::to_string(private_port) + " " + options + "\n");
  }
};

}  // namespace

TEST_CASE("a mapping that goes after an upgrade ends connections of the older daemon in time",
          "[generations]") {
  Generations host;
  host.map("drain-timeout=300ms");
  host.start();
  host.connect_one();
  host.upgrade();
  host.ports("mail", "");
  SECTION("it alone") { CHECK(host.daemon().ask("reload mail") == "ok\n"); }
  SECTION("to another app") {
    host.ports("other", std::to_string(host.port) + ":5025\n");
    CHECK(host.daemon().ask("reload") == "ok\n");
  }
  CHECK(host.open[0].wait_end() == End::reset);
  host.daemon().follow(host.newest);
}

TEST_CASE("a stop ends all generations in their drain timeout, and shows what drains",
          "[generations]") {
  Generations host;
  auto& daemon = host.start({"--drain-timeout", "2"});
  host.connect_one();
  host.upgrade();
  host.connect_one();
  REQUIRE(::kill(host.newest, SIGTERM) == 0);
  const auto text = std::to_string(host.port);
  CHECK(eventually([&] { return daemon.status().port(text).state == "draining"; }));
  CHECK(daemon.status().port(text).open == 1);
  CHECK(daemon.ask("connections").find(R"("state":"draining")") != std::string::npos);
  for (auto& peer : host.open) {
    CHECK(peer.send("x"));
    CHECK(peer.receive(1) == "x");
  }
  SECTION("when they take too long") {
    for (auto& peer : host.open) CHECK(peer.wait_end() == End::reset);
  }
  SECTION("as soon as they are done") {
    for (auto& peer : host.open) peer.close();
  }
  SECTION("at once when asked again") {
    REQUIRE(::kill(host.newest, SIGTERM) == 0);
    for (auto& peer : host.open) CHECK(peer.wait_end() == End::reset);
  }
  daemon.follow(host.newest);
  CHECK(daemon.wait_exit() == 0);
}

TEST_CASE("of many generations the oldest is told to end, and is shown until it has",
          "[generations]") {
  Generations host;
  auto& daemon = host.start({"--drain-timeout", "600"});
  for (int i = 0; i < 5; ++i) {
    host.connect_one();
    host.upgrade();
  }
  CHECK(daemon.wait_log("generation-ended"));
  CHECK(daemon.status().older_daemons.size() == 5);
  // It has its drain timeout.
  CHECK(host.open[0].send("x"));
  CHECK(host.open[0].receive(1) == "x");
  host.connect_one();
  host.upgrade();
  // Told once, not again with every upgrade.
  CHECK(host.open[0].send("x"));
  CHECK(host.open[0].receive(1) == "x");
  for (auto& peer : host.open) peer.close();
  daemon.follow(host.newest);
}
