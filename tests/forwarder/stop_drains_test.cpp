// SIGTERM: nothing new is accepted, what is open may finish until the drain timeout. A second
// SIGTERM ends at once.
#include <csignal>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("SIGTERM closes the listeners and lets open connections finish", "[stop_drains]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  Peer open = host.connect();
  CHECK(open.receive_line() == "v1");
  daemon.signal(SIGTERM);
  CHECK(eventually([&] { return !try_connect_to(host.port); }));
  CHECK(daemon.ask("status").starts_with("ok\n"));
  CHECK(open.send("last words"));
  CHECK(open.receive(10) == "last words");
  open.half_close();
  CHECK(open.wait_end() == End::closed);
  CHECK(daemon.wait_exit() == 0);
  CHECK_FALSE(std::filesystem::exists(host.control()));
}

TEST_CASE("a daemon without connections ends at once", "[stop_drains]") {
  MailHost host;
  auto& daemon = host.start();
  SECTION("SIGTERM") { daemon.signal(SIGTERM); }
  SECTION("SIGINT") { daemon.signal(SIGINT); }
  CHECK(daemon.wait_exit() == 0);
}

TEST_CASE("what is open when the drain timeout passes is reset", "[stop_drains]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start({"--drain-timeout", "1"});
  Peer open = host.connect();
  CHECK(open.receive_line() == "v1");
  daemon.signal(SIGTERM);
  CHECK(open.wait_end() == End::reset);
  CHECK(daemon.wait_exit() == 0);
}

TEST_CASE("a second SIGTERM does not wait", "[stop_drains]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start({"--drain-timeout", "600"});
  Peer open = host.connect();
  CHECK(open.receive_line() == "v1");
  daemon.signal(SIGTERM);
  CHECK(daemon.wait_log("stopping"));
  daemon.signal(SIGTERM);
  CHECK(open.wait_end() == End::reset);
  CHECK(daemon.wait_exit() == 0);
}

TEST_CASE("a mapping that is gone resets its connections after its drain-timeout",
          "[stop_drains]") {
  MailHost host;
  const auto kept = free_port();
  const auto ports = [&](std::uint16_t port) {
    return std::to_string(port) + ":" + std::to_string(host.private_port);
  };
  host.ports("mail", ports(host.port) + " drain-timeout=500ms\n" + ports(kept) + "\n");
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  Peer gone = host.connect();
  Peer stays = connect_to(kept);
  CHECK(gone.receive_line() == "v1");
  CHECK(stays.receive_line() == "v1");
  host.ports("mail", ports(kept) + "\n");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(gone.wait_end() == End::reset);
  stays.send("x");
  CHECK(stays.receive(1) == "x");
}

TEST_CASE("a port that passes to another app resets the connections of the one before in time",
          "[stop_drains]") {
  MailHost host;
  const std::string mapping = std::to_string(host.port) + ":" + std::to_string(host.private_port) +
                              " drain-timeout=300ms\n";
  host.ports("mail", mapping);
  const Server mail(MailHost::kAddress, host.private_port, greeting("mail"));
  const Server other("127.0.0.3", host.private_port, greeting("other"));
  host.run("other", "web.1", "127.0.0.3");
  auto& daemon = host.start();
  Peer open = host.connect();
  CHECK(open.receive_line() == "mail");
  host.ports("mail", "");
  host.ports("other", mapping);
  CHECK(daemon.ask("reload") == "ok\n");
  Peer next = host.connect();
  CHECK(next.receive_line() == "other");
  CHECK(open.wait_end() == End::reset);
  CHECK(next.send("x"));
  CHECK(next.receive(1) == "x");
}

// The deadline of those who were there when the port went met those who came when it was back.
TEST_CASE("a port that comes back to its app does not reset who comes then", "[stop_drains]") {
  MailHost host;
  const std::string mapping = std::to_string(host.port) + ":" + std::to_string(host.private_port) +
                              " drain-timeout=1500ms\n";
  host.ports("mail", mapping);
  const Server mail(MailHost::kAddress, host.private_port, greeting("mail"));
  const Server other("127.0.0.3", host.private_port, greeting("other"));
  host.run("other", "web.1", "127.0.0.3");
  auto& daemon = host.start();
  Peer before = host.connect();
  CHECK(before.receive_line() == "mail");
  host.ports("mail", "");
  host.ports("other", mapping);
  CHECK(daemon.ask("reload") == "ok\n");
  Peer meanwhile = host.connect();
  CHECK(meanwhile.receive_line() == "other");
  host.ports("other", "");
  host.ports("mail", mapping);
  CHECK(daemon.ask("reload") == "ok\n");
  Peer after = host.connect();
  CHECK(after.receive_line() == "mail");
  CHECK(before.wait_end() == End::reset);
  CHECK(meanwhile.wait_end() == End::reset);
  CHECK(after.send("x"));
  CHECK(after.receive(1) == "x");
}

TEST_CASE("a stopped app's answer reaches a client that is slow to take it", "[stop_drains]") {
  MailHost host;
  const std::string answer = random_bytes(400 << 10, 1);
  const Server backend(MailHost::kAddress, host.private_port,
                       [&](Peer& peer) { peer.send(answer); });
  auto& daemon = host.start();
  Peer client = connect_to(host.port, "127.0.0.1", 4096);
  REQUIRE(eventually([&] {  // all of it is with the kernel
    return daemon.status().port(std::to_string(host.port)).bytes_out ==
           static_cast<std::int64_t>(answer.size());
  }));
  CHECK(daemon.ask("stop mail") == "ok\n");
  CHECK(client.receive_all() == answer);
}
