// Urgent data (MSG_OOB): the byte itself is not forwarded, as no receiver that does not ask for it
// would see it; every other one arrives, and the end is passed on after the last.
#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

void send_urgent(const Peer& peer) { REQUIRE(::send(peer.fd(), "!", 1, MSG_OOB) == 1); }

}  // namespace

TEST_CASE("bytes around urgent data arrive", "[urgent]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, echo);
  host.start();
  Peer client = host.connect();
  client.send("abc");
  send_urgent(client);
  client.send("def");
  CHECK(client.receive(6) == "abcdef");
  client.send("ghi");
  CHECK(client.receive(3) == "ghi");
}

TEST_CASE("bytes around urgent data in a long stream arrive, and its end", "[urgent]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, digest);
  host.start();
  const std::string before = random_bytes(16 << 20, 1);
  const std::string after = random_bytes(3 << 20, 2);
  Peer client = host.connect();
  client.send(before);
  send_urgent(client);
  client.send(after);
  client.half_close();
  CHECK(client.receive_all() == digest_of(before + after));
}
