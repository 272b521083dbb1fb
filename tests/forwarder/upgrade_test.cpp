// SIGUSR2: a new daemon takes the listening sockets and the control socket over. No connection is
// refused or cut; one that does not start changes nothing.
#include <atomic>
#include <csignal>
#include <fstream>
#include <future>

#include "catch.h"
#include "host.h"
#include "load.h"

using namespace netports::test;

TEST_CASE("an upgrade under load refuses and resets nothing", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  auto& daemon = host.start();
  std::vector<Peer> open;
  for (int i = 0; i < 20; ++i) {
    open.push_back(host.connect());
    CHECK(open.back().receive_line() == "hello");
  }
  std::atomic<bool> stop{false};
  Load load(host.port);
  auto questions = std::async(std::launch::async, [&] {
    int failed = 0;
    while (!stop) {
      if (!daemon.ask("reload mail").starts_with("ok\n")) ++failed;
    }
    return failed;
  });
  REQUIRE(daemon.upgrade());
  const pid_t next = daemon.pid_in_log("handed-over");
  CHECK(daemon.status().ports.size() == 1);  // the new one answers
  CHECK(host.connect().receive_line() == "hello");
  stop = true;
  const auto [tried, failed] = load.stop();
  CHECK(tried > 0);
  CHECK(failed == 0);
  CHECK(questions.get() == 0);
  // What was open before goes on with the old daemon, which ends with the last of them.
  for (auto& peer : open) {
    CHECK(peer.send("on"));
    CHECK(peer.receive(2) == "on");
  }
  open.clear();
  daemon.follow(next);
  CHECK(host.connect().receive_line() == "hello");
  CHECK(daemon.ask("reload") == "ok\n");
}

TEST_CASE("an upgraded daemon can be upgraded again and stopped", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  auto& daemon = host.start();
  const auto before = host.settled_usage();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto followers = host.engine.followers();
    REQUIRE(daemon.upgrade());
    daemon.follow(daemon.pid_in_log("handed-over"));
    CHECK(host.connect().receive_line() == "hello");
    CHECK(eventually([&] { return host.engine.followers() > followers; }));
  }
  // Each used to inherit the Engine connections of all before it. One handle, of the daemon before,
  // bounds how many drain.
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors + 1; }));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait_exit() == 0);
  CHECK_FALSE(try_connect_to(host.port));
  CHECK_FALSE(std::filesystem::exists(host.control()));
}

TEST_CASE("a new daemon that does not start leaves the old one serving", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  const auto program = host.directory.file("bin/dokku-ports");
  std::filesystem::copy_file(daemon_program(), program);
  auto& daemon = host.start_program(program);
  Peer open = host.connect();
  CHECK(open.receive_line() == "hello");
  std::filesystem::remove(program);
  SECTION("it is gone") {}
  SECTION("it ends at once") {
    std::ofstream(program) << "#!/bin/false\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  SECTION("it is no program") { std::ofstream(program) << "nonsense"; }
  const auto before = host.settled_usage();
  daemon.signal(SIGUSR2);
  CHECK(daemon.wait_log("upgrade-failed"));
  CHECK(daemon.ask("status").starts_with("ok\n"));
  CHECK(host.connect().receive_line() == "hello");
  open.send("on");
  CHECK(open.receive(2) == "on");
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors; }));
  // Put right, it works.
  std::filesystem::remove(program);
  std::filesystem::copy_file(daemon_program(), program);
  REQUIRE(daemon.upgrade());
  CHECK(host.connect().receive_line() == "hello");
  open.close();
  daemon.follow(daemon.pid_in_log("handed-over"));
}

TEST_CASE("a daemon that is told to stop in mid-upgrade leaves no heir", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  const auto program = host.directory.file("bin/dokku-ports");
  std::filesystem::copy_file(daemon_program(), program);
  auto& daemon = host.start_program(program);
  std::filesystem::remove(program);
  // An heir that is never ready.
  std::ofstream(program) << "#!/bin/sh\nexec sleep 60\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  daemon.signal(SIGUSR2);
  REQUIRE(daemon.wait_log("\nupgrade "));
  const pid_t heir = daemon.pid_in_log("upgrade");
  daemon.signal(SIGTERM);
  CHECK(daemon.wait_exit() == 0);
  CHECK(::kill(heir, 0) != 0);
  CHECK_FALSE(try_connect_to(host.port));
}

TEST_CASE("an upgrade in mid-deploy stays with the containers that are live", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("old"));
  const Server fresh("127.0.0.3", host.private_port, greeting("new"));
  auto& daemon = host.start();
  // Dokku has written the id of a container whose checks have not passed.
  host.run("mail", "web.1", "127.0.0.3");
  const auto followers = host.engine.followers();
  REQUIRE(daemon.upgrade());
  daemon.follow(daemon.pid_in_log("handed-over"));
  CHECK(eventually([&] { return host.engine.followers() > followers; }));
  for (int i = 0; i < 10; ++i) CHECK(host.connect().receive_line() == "old");
  SECTION("until the deploy is done") { CHECK(daemon.ask("reload mail") == "ok\n"); }
  SECTION("until one of them ends") {
    host.engine.remove(host.id);
    host.engine.event("die", host.id, "mail");
  }
  CHECK(eventually([&] { return host.connect().receive_line() == "new"; }));
}

TEST_CASE("an upgrade while the Engine is away loses nobody", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  auto& daemon = host.start();
  host.engine.go_away();
  Load load(host.port);
  daemon.signal(SIGUSR2);
  // The new daemon knows no container: it must not accept anybody, nor take over, before it does.
  CHECK(daemon.wait_log("\nupgrade-failed"));
  CHECK(daemon.log().find("The new daemon ended with status 1") != std::string::npos);
  CHECK(load.stop().failed == 0);
  for (int i = 0; i < 10; ++i) CHECK(host.connect().receive_line() == "hello");
  host.engine.come_back();
  REQUIRE(daemon.upgrade());
  daemon.follow(daemon.pid_in_log("handed-over"));
  CHECK(host.connect().receive_line() == "hello");
}

TEST_CASE("a storm of SIGHUPs during an upgrade fails no connection and no change is lost",
          "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  const Server fresh("127.0.0.3", host.private_port, greeting("new"));
  auto& daemon = host.start();
  Peer open = host.connect();
  CHECK(open.receive_line() == "hello");
  const auto added = free_port();
  const auto storm = [&] {
    for (int i = 0; i < 20; ++i) daemon.signal(SIGHUP);
    const std::string line = host.connect().receive_line();
    return line == "hello" || line == "new";
  };
  daemon.signal(SIGUSR2);
  CHECK(storm());
  // What is to be read changes in the middle of it.
  host.ports("mail", std::to_string(host.port) + ":" + std::to_string(host.private_port) + "\n" +
                         std::to_string(added) + ":" + std::to_string(host.private_port) + "\n");
  host.run("mail", "web.1", "127.0.0.3");
  bool served = true;
  REQUIRE(eventually([&] { return !(served = served && storm()) || daemon.upgrades() == 1; }));
  INFO(daemon.log());
  REQUIRE(served);
  // The one that has handed over reads nothing more and listens on nothing.
  for (int i = 0; i < 50; ++i) CHECK(storm());
  CHECK(eventually([&] { return host.connect().receive_line() == "new"; }));
  CHECK(open.send("on"));
  CHECK(open.receive(2) == "on");
  open.close();
  daemon.follow(daemon.pid_in_log("handed-over"));
  CHECK(eventually([&] { return try_connect_to(added).has_value(); }));
  CHECK(connect_to(added).receive_line() == "new");
  for (int i = 0; i < 50; ++i) CHECK(storm());
  CHECK(daemon.ask("reload") == "ok\n");
}
