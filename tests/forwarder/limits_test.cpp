// What is bounded: connections in all and per mapping, descriptors, rate, idle time. Clients beyond
// a limit wait in the kernel's queue or are reset; when there is room again, service goes on.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

std::string mapping(const MailHost& host, const std::string& options) {
  return std::to_string(host.port) + ":" + std::to_string(host.private_port) + " " + options + "\n";
}

PortStatus status_of(MailHost& host) {
  return host.daemon().status().port(std::to_string(host.port));
}

/// The limit of descriptors of a process that runs.
class Descriptors {
 public:
  explicit Descriptors(pid_t pid) : pid_(pid) {
    REQUIRE(::prlimit(pid_, RLIMIT_NOFILE, nullptr, &usual_) == 0);
  }
  /// It gets at most so many more: the limit is one of numbers, of which it has all below some.
  void spare(rlim_t count) const {
    // A look at the Engine has one for a moment: what counts is a number that stays.
    rlim_t number = lowest_free();
    int times_the_same = 0;
    REQUIRE(eventually([&] {
      const rlim_t now = lowest_free();
      times_the_same = now == number ? times_the_same + 1 : 0;
      number = now;
      return times_the_same >= 10;
    }));
    limit(number + count);
  }
  void restore() const { limit(usual_.rlim_cur); }

 private:
  [[nodiscard]] rlim_t lowest_free() const {
    const std::string all = "/proc/" + std::to_string(pid_) + "/fd/";
    rlim_t number = 0;
    while (std::filesystem::is_symlink(all + std::to_string(number))) ++number;
    return number;
  }
  void limit(rlim_t number) const {
    const rlimit scarce{number, usual_.rlim_max};
    REQUIRE(::prlimit(pid_, RLIMIT_NOFILE, &scarce, nullptr) == 0);
  }

  const pid_t pid_;
  rlimit usual_{};
};

}  // namespace

TEST_CASE("clients beyond --max-connections wait, and are served when there is room", "[limits]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start({"--max-connections", "8", "--threads", "2"});
  std::vector<Peer> all;
  for (int i = 0; i < 40; ++i) all.push_back(host.connect());
  CHECK(eventually([&] { return backend.open() == 8; }));
  CHECK(host.daemon().wait_log("accept-paused"));
  CHECK(host.daemon().status().open == 8);
  // Each that leaves lets the next one in, until all had their turn.
  std::size_t served = 0;
  CHECK(eventually([&] {
    for (auto peer = all.begin(); peer != all.end();) {
      if (!peer->readable()) {
        ++peer;
        continue;
      }
      if (peer->receive_line() == "v1") ++served;
      peer = all.erase(peer);
      CHECK(backend.open() <= 8);
    }
    return all.empty();
  }));
  CHECK(served == 40);
}

TEST_CASE("no burst opens more connections than --max-connections", "[limits]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start({"--max-connections", "5", "--threads", "4"});
  std::atomic<std::size_t> most{0};
  std::atomic<bool> stop{false};
  std::thread watcher([&] {
    while (!stop) most = std::max(most.load(), backend.open());
  });
  std::vector<std::thread> clients;
  std::atomic<int> served{0};
  for (int i = 0; i < 60; ++i) {
    clients.emplace_back([&] {
      Peer peer = host.connect();
      if (peer.receive_line() == "v1") ++served;
      peer.half_close();
      peer.wait_end();
    });
  }
  for (auto& client : clients) client.join();
  stop = true;
  watcher.join();
  CHECK(served == 60);
  // The backend's thread may note an end a little after the daemon did.
  CHECK(most <= 5 + 1);
}

TEST_CASE("clients beyond a mapping's max-connections wait, other mappings do not", "[limits]") {
  MailHost host;
  const auto other = free_port();
  host.ports("mail", mapping(host, "max-connections=2") + std::to_string(other) + ":" +
                         std::to_string(host.private_port) + "\n");
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start();
  Peer first = host.connect();
  Peer second = host.connect();
  CHECK(first.receive_line() == "v1");
  CHECK(second.receive_line() == "v1");
  Peer third = host.connect();
  CHECK(connect_to(other).receive_line() == "v1");
  CHECK_FALSE(third.readable());
  first.close();
  CHECK(third.receive_line() == "v1");
}

TEST_CASE("overflow=reset resets who comes beyond max-connections", "[limits]") {
  MailHost host;
  host.ports("mail", mapping(host, "max-connections=2 overflow=reset"));
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start();
  Peer first = host.connect();
  Peer second = host.connect();
  CHECK(first.receive_line() == "v1");
  CHECK(second.receive_line() == "v1");
  CHECK(host.connect().wait_end() == End::reset);
  CHECK(status_of(host).reasons["over_limit"] == 1);
  first.close();
  CHECK(eventually([&] { return host.connect().receive_line() == "v1"; }));
}

TEST_CASE("no more connections are let in than descriptors suffice for", "[fd_limit]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start({"--threads", "2"}, 80);
  std::vector<Peer> all;
  for (int i = 0; i < 100; ++i) all.push_back(host.connect());
  CHECK(daemon.wait_log("accept-paused"));
  // Still alive for those it has.
  std::size_t greeted = 0;
  CHECK(eventually([&] {
    for (auto& peer : all) {
      if (peer.readable() && peer.receive_line() == "v1") ++greeted;
    }
    return greeted >= 10;
  }));
  all.clear();
  CHECK(eventually([&] { return host.connect().receive_line() == "v1"; }));
  CHECK(eventually([&] { return daemon.status().open == 0; }));
  // Whoever was let in had a descriptor left for the container, too.
  CHECK(status_of(host).reasons["shortage"] == 0);
  for (int i = 0; i < 20; ++i) CHECK(host.connect().receive_line() == "v1");
}

TEST_CASE("without a descriptor clients wait, with one they are reset, then service goes on",
          "[fd_limit]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start({"--threads", "1"});
  Peer bystander = host.connect();
  CHECK(bystander.receive_line() == "v1");
  const auto look_around = [&] {
    CHECK(bystander.send("still"));
    CHECK(bystander.receive(5) == "still");
  };
  const auto before = host.settled_usage();
  const Descriptors descriptors(daemon.pid());

  descriptors.spare(0);
  std::vector<Peer> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(host.connect());
  CHECK(daemon.wait_log("accept-paused"));
  look_around();
  for (const auto& peer : waiting) CHECK_FALSE(peer.readable());
  CHECK(backend.accepted() == 1);

  // One is enough to let a client in, not to dial for it.
  descriptors.spare(1);
  for (auto& peer : waiting) CHECK(peer.wait_end() == End::reset);
  for (int i = 0; i < 20; ++i) CHECK(host.connect().wait_end() == End::reset);
  look_around();
  CHECK(backend.accepted() == 1);

  descriptors.spare(0);
  Peer next = host.connect();
  Peer control = connect_to_path(host.control());
  control.send("status\n");
  look_around();
  CHECK_FALSE(control.readable());
  CHECK_FALSE(next.readable());

  descriptors.restore();
  CHECK(control.receive_all().starts_with("ok\n{"));
  CHECK(next.receive_line() == "v1");
  for (int i = 0; i < 20; ++i) CHECK(host.connect().receive_line() == "v1");
  look_around();
  CHECK(status_of(host).reasons["shortage"] == 40);
  next.close();
  CHECK(eventually([&] { return daemon.status().open == 1; }));
  CHECK(eventually([&] { return daemon.usage().descriptors <= before.descriptors; }));
}

TEST_CASE("memory that runs out costs single connections, not the daemon", "[memory_limit]") {
  if (!measures_memory()) return;
  MailHost host;
  const std::string mail = random_bytes(8 << 20, 6);
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    if (peer.receive_line() == "bulk") {
      peer.send(mail);
    } else {
      peer.send("quick");
    }
  });
  auto& daemon = host.start({"--threads", "1"});
  Peer bystander = host.connect();
  CHECK(eventually([&] { return daemon.status().open == 1; }));
  const auto enough = daemon.usage().data_bytes + (1 << 20);
  const rlimit scarce{enough, enough};
  REQUIRE(::prlimit(daemon.pid(), RLIMIT_DATA, &scarce, nullptr) == 0);
  // For each client that does not read the daemon holds bytes, in its memory once all pipes are
  // lent.
  std::vector<Peer> stalled;
  for (int i = 0; i < 100; ++i) {
    stalled.push_back(connect_to(host.port, "127.0.0.1", 4096));
    stalled.back().send("bulk\n");
  }
  CHECK(eventually([&] { return status_of(host).reasons["shortage"] > 0; }));
  stalled.clear();
  CHECK(eventually([&] { return daemon.status().open == 1; }));
  bystander.send("ping\n");
  CHECK(bystander.receive_all() == "quick");
}

TEST_CASE("memory that runs out while mappings change leaves those that were, and comes back",
          "[memory_limit]") {
  if (!measures_memory()) return;
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  CHECK(daemon.ask("reload") == "ok\n");
  const auto have = daemon.usage().data_bytes;
  const std::string first = mapping(host, "");
  std::string many = first;
  const auto other = free_port();
  for (int i = 0; i < 1000; ++i) {
    many += "127.77." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":" +
            std::to_string(other) + ":" + std::to_string(host.private_port) + "\n";
  }
  const auto limit = [&](std::size_t bytes) {
    const rlimit scarce{bytes, RLIM_INFINITY};
    REQUIRE(::prlimit(daemon.pid(), RLIMIT_DATA, &scarce, nullptr) == 0);
  };
  host.ports("mail", many);
  int refused = 0;
  // From next to nothing upwards: it runs out at one step after another.
  for (std::size_t spare = 0; spare < (4U << 20); spare += 64U << 10) {
    limit(have + spare);
    const std::string answer = daemon.ask("reload mail");
    INFO(answer);
    CHECK((answer.empty() || answer.starts_with("error ") || answer.starts_with("ok\n")));
    CHECK(host.connect().receive_line() == "v1");
    if (answer == "ok\n") break;
    ++refused;
    // Nobody had the memory to answer: that took the whole deadline.
    if (answer.empty()) spare += 512U << 10;
  }
  CHECK(refused > 0);
  limit(RLIM_INFINITY);
  CHECK(eventually([&] { return daemon.ask("reload mail") == "ok\n"; }));
  CHECK(connect_to(other, "127.77.0.1").receive_line() == "v1");
  host.ports("mail", first);
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(host.connect().receive_line() == "v1");
}

TEST_CASE("max-rate resets a source that connects too often", "[limits]") {
  MailHost host;
  host.ports("mail", mapping(host, "max-rate=5"));
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start();
  int served = 0;
  for (int i = 0; i < 200; ++i) {
    if (host.connect().receive_line() == "v1") ++served;
  }
  CHECK(served >= 5);
  CHECK(status_of(host).reasons["over_rate"] == 200 - served);
  CHECK(served < 200);
  // Another second, another chance.
  CHECK(eventually([&] { return host.connect().receive_line() == "v1"; }));
}

TEST_CASE("allow and deny decide before a backend is dialled", "[limits]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  SECTION("not in allow") { host.ports("mail", mapping(host, "allow=10.0.0.0/8")); }
  SECTION("in deny") { host.ports("mail", mapping(host, "deny=127.0.0.0/8")); }
  SECTION("in both") { host.ports("mail", mapping(host, "allow=127.0.0.1,::1 deny=127.0.0.0/8")); }
  host.start();
  CHECK(host.connect().wait_end() == End::reset);
  CHECK(backend.accepted() == 0);
  CHECK(status_of(host).reasons["denied"] == 1);
  host.ports("mail", mapping(host, "allow=10.0.0.0/8,127.0.0.0/8,::1 deny=192.0.2.0/24"));
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  CHECK(host.connect().receive_line() == "v1");
}

TEST_CASE("overflow=reset resets who comes beyond the limit in all", "[limits]") {
  MailHost host;
  host.ports("mail", mapping(host, "overflow=reset"));
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start({"--max-connections", "2"});
  Peer first = host.connect();
  Peer second = host.connect();
  CHECK(first.receive_line() == "v1");
  CHECK(second.receive_line() == "v1");
  CHECK(host.connect().wait_end() == End::reset);
  CHECK(status_of(host).reasons["over_limit"] == 1);
  first.close();
  CHECK(eventually([&] { return host.connect().receive_line() == "v1"; }));
}

TEST_CASE("idle-timeout resets a connection without traffic and no other", "[limits]") {
  MailHost host;
  host.ports("mail", mapping(host, "idle-timeout=1s"));
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start();
  Peer idle = host.connect();
  Peer busy = host.connect();
  CHECK(idle.receive_line() == "v1");
  CHECK(busy.receive_line() == "v1");
  CHECK(eventually([&] {
    CHECK(busy.send("x"));
    CHECK(busy.receive(1) == "x");
    return idle.readable();
  }));
  CHECK(idle.wait_end() == End::reset);
  CHECK(status_of(host).reasons["idle"] == 1);
}
