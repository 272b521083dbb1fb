// A public port that someone else has: the other ports are served, and this one as soon as it is
// free, without anybody asking. Between two apps, who has it keeps it.
#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("a port held by another program is taken when it becomes free", "[port_in_use]") {
  MailHost host;
  const auto busy = free_port();
  netports::UniqueFd holder = listen_at("0.0.0.0", busy);
  const auto line = [&](std::uint16_t port) {
    return std::to_string(port) + ":" + std::to_string(host.private_port) + "\n";
  };
  host.ports("mail", line(host.port) + line(busy));
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  CHECK(host.connect().receive_line() == "v1");
  const auto waiting = daemon.status().port(std::to_string(busy));
  CHECK(waiting.state == "waiting");
  CHECK(waiting.error == "Cannot listen on " + std::to_string(busy) + ": Address already in use");
  CHECK(daemon.ask("reload mail") == "ok\n" + waiting.error + "\n");
  CHECK(daemon.ask("probe " + std::to_string(busy) + " " + std::to_string(host.port)) ==
        "ok\n" + std::to_string(busy) + " Address already in use\n");
  holder.reset();
  CHECK(eventually([&] {
    const auto peer = try_connect_to(busy);
    return peer && daemon.status().port(std::to_string(busy)).state == "listening";
  }));
  CHECK(connect_to(busy).receive_line() == "v1");
}

TEST_CASE("of two apps that claim a port, who has it keeps it", "[port_in_use]") {
  MailHost host;
  const Server mine(MailHost::kAddress, host.private_port, greeting("mail"));
  const Server theirs("127.0.0.3", host.private_port, greeting("intruder"));
  auto& daemon = host.start();
  host.run("a-first-by-name", "web.1", "127.0.0.3");
  const auto claim = std::to_string(host.port) + ":" + std::to_string(host.private_port) + "\n";
  SECTION("the same address") { host.ports("a-first-by-name", claim); }
  SECTION("one that overlaps") { host.ports("a-first-by-name", "127.0.0.1:" + claim); }
  const std::string answer = daemon.ask("reload a-first-by-name");
  CHECK(answer.starts_with("ok\nPublic port "));
  CHECK(answer.ends_with("is taken by app mail\n"));
  CHECK(host.connect().receive_line() == "mail");
  CHECK(daemon.status().problems.size() == 1);
  CHECK(daemon.ask("reload").find("a-first-by-name: Public port") != std::string::npos);
  CHECK(host.connect().receive_line() == "mail");
  // The owner gives it up: the other has it at its next look.
  host.ports("mail", "");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(host.connect().receive_line() == "intruder");
  CHECK(daemon.status().problems.empty());
}

TEST_CASE("a renamed app keeps its port open", "[port_in_use]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  Peer before = host.connect();
  CHECK(before.receive_line() == "v1");
  const auto root = host.directory.path() + "/root/";
  std::filesystem::rename(root + "mail", root + "post");
  CHECK(daemon.ask("reload") == "ok\n");
  CHECK(daemon.log().find("closed port=") == std::string::npos);
  CHECK(daemon.status().port(std::to_string(host.port)).app == "post");
  before.send("on");
  CHECK(before.receive(2) == "on");
  CHECK(host.connect().receive_line() == "v1");
}
