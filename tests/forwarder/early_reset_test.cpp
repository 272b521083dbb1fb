// A backend that answers and resets before the daemon has noticed that it answered.
#include <csignal>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("bytes before a reset arrive however early it comes, and the reset after them",
          "[reset]") {
  MailHost host;
  const std::string last = random_bytes(2'600, 1);
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.send(last);
    peer.reset();
  });
  auto& daemon = host.start();
  const bool speaks = GENERATE(false, true);
  for (int i = 0; i < 50; ++i) {
    // The client is done with connecting and sending before any of it begins.
    daemon.freeze();
    Peer client = host.connect();
    if (speaks) CHECK(client.send("early"));
    daemon.signal(SIGCONT);
    CHECK(client.receive_all() == last);
    CHECK(client.end() == End::reset);
  }
  const auto port = daemon.status().port(std::to_string(host.port));
  CHECK(port.backends.at(0).failed == 0);
}
