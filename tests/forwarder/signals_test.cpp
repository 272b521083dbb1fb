// SIGHUP reads everything again, at any moment and however often. One that came early used to kill
// the daemon.
#include <atomic>
#include <csignal>
#include <future>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("SIGHUP before the daemon is ready does not end it", "[signals]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.launch();
  // The kernel counts the program as started when its name is there.
  CHECK(eventually([&] {
    return std::filesystem::read_symlink("/proc/" + std::to_string(daemon.pid()) + "/exe")
               .filename() == "dokku-ports";
  }));
  // Between exec and the first line of main no program can be protected; from then on it is.
  CHECK(eventually([&] { return std::filesystem::exists(host.control()); }));
  for (int i = 0; i < 50; ++i) daemon.signal(SIGHUP);
  CHECK(daemon.wait_ready());
  CHECK(host.connect().receive_line() == "v1");
}

TEST_CASE("SIGHUP reads all mappings again", "[signals]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  const auto added = free_port();
  host.ports("mail", std::to_string(added) + ":" + std::to_string(host.private_port) + "\n");
  daemon.signal(SIGHUP);
  CHECK(eventually([&] { return try_connect_to(added).has_value(); }));
  CHECK(connect_to(added).receive_line() == "v1");
  CHECK(eventually([&] { return !try_connect_to(host.port); }));
}

TEST_CASE("a storm of SIGHUPs fails no connection", "[signals]") {
  MailHost host;
  std::atomic<bool> calm{false};
  const std::string piece = random_bytes(1'000'003, 9);
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.send("v1\n");
    if (peer.receive_line() != "bulk") return echo(peer);
    while (!calm && peer.send(piece)) continue;
  });
  auto& daemon = host.start();
  Peer open = host.connect();
  CHECK(open.receive_line() == "v1");
  open.send("echo\n");
  Peer bulk = host.connect();
  CHECK(bulk.receive_line() == "v1");
  const auto before = host.settled_usage();
  std::atomic<int> pieces{0};
  auto compared = std::async(std::launch::async, [&] {
    bulk.send("bulk\n");
    std::string got = bulk.receive(piece.size());
    for (; got == piece; got = bulk.receive(piece.size())) ++pieces;
    return got.empty() && bulk.end() == End::closed;
  });
  for (int i = 0; i < 200; ++i) {
    const int seen = pieces;
    for (int j = 0; j < 20; ++j) daemon.signal(SIGHUP);
    if (host.connect().receive_line() != "v1") FAIL_CHECK("connection " << i);
    // The stream goes on through all of the storm.
    if (i % 20 == 0) REQUIRE(eventually([&] { return pieces > seen; }));
  }
  calm = true;
  CHECK(compared.get());
  bulk.close();
  open.send("on");
  CHECK(open.receive(2) == "on");
  // Answered after whatever the signals asked for.
  CHECK(daemon.ask("reload") == "ok\n");
  CHECK(eventually([&] { return daemon.status().open == 1; }));
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors; }));
  CHECK(daemon.usage().threads == before.threads);
}
