// A deploy: once the daemon has said `ok`, every new connection goes to the new container, and what
// was open stays with the old one.
#include <atomic>

#include "catch.h"
#include "host.h"
#include "load.h"

using namespace netports::test;

TEST_CASE("open connections stay with their container over a reload", "[reload]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("v1"));
  const Server fresh("127.0.0.3", host.private_port, greeting("v2"));
  host.start();
  std::vector<Peer> before;
  for (int i = 0; i < 20; ++i) {
    before.push_back(host.connect());
    CHECK(before.back().receive_line() == "v1");
  }
  CHECK(host.deploy("127.0.0.3") == "ok\n");
  CHECK(host.connect().receive_line() == "v2");
  for (auto& peer : before) {
    CHECK(peer.send("still"));
    CHECK(peer.receive(5) == "still");
    peer.half_close();
    CHECK(peer.wait_end() == End::closed);
  }
}

TEST_CASE("every new connection after the answer follows the new route", "[reload]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("127.0.0.2"));
  const Server fresh("127.0.0.3", host.private_port, greeting("127.0.0.3"));
  host.start();
  for (int i = 0; i < 50; ++i) {
    const std::string address = i % 2 == 0 ? "127.0.0.3" : "127.0.0.2";
    CHECK(host.deploy(address) == "ok\n");
    for (int j = 0; j < 4; ++j) CHECK(host.connect().receive_line() == address);
  }
}

TEST_CASE("a thousand reloads under load fail no connection and leave nothing behind", "[reload]") {
  MailHost host;
  // Even releases run at one address, odd ones at the other, and say their number.
  const char* const addresses[] = {MailHost::kAddress, "127.0.0.3"};
  std::atomic<int> numbers[] = {0, -1};
  const auto says = [](const std::atomic<int>& number) {
    return [&number](Peer& peer) {
      if (peer.send(std::to_string(number) + "\n")) echo(peer);
    };
  };
  const Server even(addresses[0], host.private_port, says(numbers[0]));
  const Server odd(addresses[1], host.private_port, says(numbers[1]));
  auto& daemon = host.start();
  CHECK(host.connect().receive_line() == "0");
  CHECK(eventually([&] { return daemon.status().open == 0; }));
  const auto before = host.settled_usage();
  Usage warm{};
  Releases releases;
  Load first(host.port, releases);
  Load second(host.port, releases);
  for (int i = 1; i <= 1000; ++i) {
    releases.newest = i;
    numbers[i % 2] = i;
    if (host.deploy(addresses[i % 2]) != "ok\n") FAIL_CHECK("reload " << i);
    releases.oldest = i;
    if (host.connect().receive_line() != std::to_string(i)) FAIL_CHECK("after reload " << i);
    if (i == 200) warm = daemon.usage();
  }
  const auto hot = daemon.usage();
  const auto [tried_a, failed_a] = first.stop();
  const auto [tried_b, failed_b] = second.stop();
  CHECK(tried_a > 50);
  CHECK(tried_b > 50);
  CHECK(failed_a + failed_b == 0);
  CHECK(eventually([&] { return daemon.status().open == 0; }));
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors; }));
  const auto after = daemon.usage();
  CHECK(after.threads == before.threads);
  if (measures_memory()) CHECK(hot.resident_bytes < warm.resident_bytes + (512 << 10));
}

TEST_CASE("a mapping that is gone is no longer listened on, its connections go on", "[reload]") {
  MailHost host;
  const auto second = free_port();
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  const auto line = [&](std::uint16_t port) {
    return std::to_string(port) + ":" + std::to_string(host.private_port) + "\n";
  };
  host.ports("mail", line(host.port) + line(second));
  host.start();
  Peer open = connect_to(second);
  CHECK(open.receive_line() == "v1");
  host.ports("mail", line(host.port));
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  CHECK_FALSE(try_connect_to(second));
  CHECK(host.connect().receive_line() == "v1");
  open.send("on");
  CHECK(open.receive(2) == "on");
}

TEST_CASE("an app whose directory is gone is no longer served", "[reload]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start();
  CHECK(host.connect().receive_line() == "v1");
  std::filesystem::remove_all(host.directory.path() + "/root/mail");
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  CHECK_FALSE(try_connect_to(host.port));
}

TEST_CASE("stopping an app resets its connections and keeps its port", "[reload]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  const auto other_port = free_port();
  host.ports("other", std::to_string(other_port) + ":" + std::to_string(host.private_port) + "\n");
  host.run("other", "web.1", MailHost::kAddress);
  host.start();
  Peer mine = host.connect();
  Peer others = connect_to(other_port);
  CHECK(mine.receive_line() == "v1");
  CHECK(others.receive_line() == "v1");
  host.engine.remove(host.id);
  CHECK(host.daemon().ask("stop mail") == "ok\n");
  CHECK(mine.wait_end() == End::reset);
  CHECK(host.connect().wait_end() == End::reset);
  others.send("on");
  CHECK(others.receive(2) == "on");
  // Started again: served without being told more than the Engine's event.
  host.engine.run(host.id, MailHost::kAddress);
  host.engine.event("start", host.id, "mail");
  CHECK(eventually([&] { return host.connect().receive_line() == "v1"; }));
}
