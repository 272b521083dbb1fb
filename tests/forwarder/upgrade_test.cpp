// SIGUSR2: a new daemon takes the listening sockets and the control socket over. No connection is
// refused or cut; one that does not start changes nothing.
#include <atomic>
#include <csignal>
#include <fstream>
#include <future>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// The pid behind the last `event` in the daemon's log.
pid_t pid_of(const DaemonProcess& daemon, const std::string& event) {
  const std::string log = daemon.log();
  const auto at = log.find(" pid=", log.rfind("\n" + event + " "));
  return at == std::string::npos ? -1 : std::stoi(log.substr(at + 5));
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// Upgrades and waits until the new daemon has taken over.
void upgrade(DaemonProcess& daemon) {
  const auto before = count_of(daemon.log(), "\nhanded-over ");
  daemon.signal(SIGUSR2);
  REQUIRE(eventually([&] { return count_of(daemon.log(), "\nhanded-over ") > before; }));
}

}  // namespace

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
  auto load = std::async(std::launch::async, [&] {
    std::pair<int, int> counts;  // tried, failed
    while (!stop) {
      ++counts.first;
      auto peer = try_connect_to(host.port);
      if (!peer || peer->receive_line() != "hello" || !peer->send("x") || peer->receive(1) != "x") {
        ++counts.second;
      }
    }
    return counts;
  });
  auto questions = std::async(std::launch::async, [&] {
    int failed = 0;
    while (!stop) {
      if (!daemon.ask("reload mail").starts_with("ok\n")) ++failed;
    }
    return failed;
  });
  upgrade(daemon);
  const pid_t next = pid_of(daemon, "handed-over");
  CHECK(daemon.status().ports.size() == 1);  // the new one answers
  CHECK(host.connect().receive_line() == "hello");
  stop = true;
  const auto [tried, failed] = load.get();
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
  for (int i = 0; i < 3; ++i) {
    upgrade(daemon);
    daemon.follow(pid_of(daemon, "handed-over"));
    CHECK(host.connect().receive_line() == "hello");
  }
  const auto usage = daemon.usage();
  CHECK(usage.descriptors < 64);
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
  CHECK(host.connect().receive_line() == "hello");
  open.send("on");
  CHECK(open.receive(2) == "on");
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors; }));
  // Put right, it works.
  std::filesystem::remove(program);
  std::filesystem::copy_file(daemon_program(), program);
  upgrade(daemon);
  CHECK(host.connect().receive_line() == "hello");
  open.close();
  daemon.follow(pid_of(daemon, "handed-over"));
}

TEST_CASE("an upgrade while the Engine is away loses nobody", "[upgrade]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  auto& daemon = host.start();
  host.engine.go_away();
  daemon.signal(SIGUSR2);
  // The new daemon knows no container: it must not take over before it does.
  CHECK(daemon.wait_log("\nupgrade-failed"));
  for (int i = 0; i < 10; ++i) CHECK(host.connect().receive_line() == "hello");
  host.engine.come_back();
  upgrade(daemon);
  daemon.follow(pid_of(daemon, "handed-over"));
  CHECK(host.connect().receive_line() == "hello");
}
