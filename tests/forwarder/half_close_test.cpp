// A side that has said all it has to say still hears the other out. Proxies that close both sides
// at the first end of input lose the answer.
#include <future>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("a client that closes its sending side gets the whole answer", "[half_close]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, digest);
  host.start();
  const std::string question = random_bytes(300'000, 1);
  Peer client = host.connect();
  CHECK(client.send(question));
  client.half_close();
  CHECK(client.receive_all() == digest_of(question));
  CHECK(client.end() == End::closed);
}

TEST_CASE("a backend that closes its sending side goes on hearing the client", "[half_close]") {
  MailHost host;
  std::promise<std::string> heard;
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.send("welcome");
    peer.half_close();
    heard.set_value(peer.receive_all());
  });
  host.start();
  Peer client = host.connect();
  CHECK(client.receive_all() == "welcome");
  CHECK(client.end() == End::closed);
  const std::string late = random_bytes(300'000, 2);
  CHECK(client.send(late));
  client.half_close();
  auto result = heard.get_future();
  REQUIRE(result.wait_for(kDeadline) == std::future_status::ready);
  CHECK(result.get() == late);
}

TEST_CASE("a half-closed connection stays until the late answer has come", "[half_close]") {
  MailHost host;
  std::promise<void> answer;
  auto allowed = answer.get_future().share();
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.receive_all();
    allowed.wait();
    peer.send("late");
  });
  host.start();
  Peer client = host.connect();
  client.half_close();
  // Other traffic and a reload happen meanwhile.
  CHECK(host.daemon().ask("reload") == "ok\n");
  CHECK(host.daemon().status().open == 1);
  CHECK_FALSE(client.readable());
  answer.set_value();
  CHECK(client.receive_all() == "late");
  CHECK(client.end() == End::closed);
  CHECK(eventually([&] { return host.daemon().status().open == 0; }));
}

TEST_CASE("a client that sends and half-closes before its backend is connected loses nothing",
          "[half_close]") {
  MailHost host;
  // A full queue: the first connect is not answered, the bytes must wait in the daemon.
  netports::UniqueFd listening = listen_at(MailHost::kAddress, host.private_port, 0);
  const Peer filler_a = connect_to(host.private_port, MailHost::kAddress);
  host.start();
  Peer client = host.connect();
  client.send("early");
  client.half_close();
  CHECK(eventually([&] { return host.daemon().status().open == 1; }));
  const Server backend(std::move(listening), digest);
  CHECK(client.receive_all() == digest_of("early"));
  CHECK(client.end() == End::closed);
}
