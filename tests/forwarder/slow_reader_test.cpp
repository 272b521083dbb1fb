// A client that does not read holds up its own connection only, and costs a bounded amount of
// memory: one buffer or one pipe.
#include <future>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("64 MiB for a stalled client wait with the sender and all arrive", "[slow_reader]") {
  MailHost host;
  const std::string all = random_bytes(64 << 20, 4);
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    if (peer.receive(4) == "bulk") {
      peer.send(all);
    } else {
      peer.send("quick");
    }
  });
  auto& daemon = host.start();
  const auto before = host.settled_usage();
  Peer slow = connect_to(host.port, "127.0.0.1", 65536);
  slow.send("bulk");
  CHECK(slow.receive(1) == all.substr(0, 1));
  // Others are served meanwhile, many times, so that the flow has come to a stand.
  for (int i = 0; i < 100; ++i) {
    Peer other = host.connect();
    other.send("ping");
    CHECK(other.receive_all() == "quick");
  }
  const auto during = daemon.usage();
  if (measures_memory()) CHECK(during.resident_bytes < before.resident_bytes + (4 << 20));
  const std::string rest = slow.receive_all();
  CHECK(rest.size() == all.size() - 1);
  CHECK((rest == all.substr(1)));
  CHECK(slow.end() == End::closed);
}

TEST_CASE("a stalled backend holds up its own connection only", "[slow_reader]") {
  MailHost host;
  std::promise<void> proceed;
  auto allowed = proceed.get_future().share();
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    if (peer.receive(4) == "wait") {
      allowed.wait();
      digest(peer);
    } else {
      peer.send("quick");
    }
  });
  host.start();
  const std::string mail = random_bytes(24 << 20, 5);
  Peer slow = host.connect();
  auto sent = std::async(std::launch::async, [&] { return slow.send("wait" + mail); });
  for (int i = 0; i < 50; ++i) {
    Peer other = host.connect();
    other.send("ping");
    CHECK(other.receive_all() == "quick");
  }
  proceed.set_value();
  CHECK(sent.get());
  slow.half_close();
  CHECK(slow.receive_all() == digest_of(mail));
}
