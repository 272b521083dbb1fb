// How connections are spread over the containers of a mapping.
#include <map>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// Three containers that say "1", "2" and "3".
struct ThreeHost : MailHost {
  explicit ThreeHost(const std::string& options) {
    ports("mail", std::to_string(port) + ":" + std::to_string(private_port) + " " + options + "\n");
    run("mail", "web.2", "127.0.0.3");
    run("mail", "web.3", "127.0.0.4");
    start();
  }
  std::map<std::string, int> spread(int count) {
    std::map<std::string, int> seen;
    for (int i = 0; i < count; ++i) ++seen[connect().receive_line()];
    return seen;
  }
  Server first{kAddress, private_port, greeting("1")};
  Server second{"127.0.0.3", private_port, greeting("2")};
  Server third{"127.0.0.4", private_port, greeting("3")};
};

}  // namespace

TEST_CASE("round-robin gives every container the same share, over reloads too", "[balance]") {
  ThreeHost host("balance=round-robin");
  std::map<std::string, int> seen;
  for (int i = 0; i < 30; ++i) {
    CHECK(host.daemon().ask("reload") == "ok\n");
    ++seen[host.connect().receive_line()];
  }
  CHECK(seen == std::map<std::string, int>{{"1", 10}, {"2", 10}, {"3", 10}});
}

TEST_CASE("least-connections goes where the fewest are open", "[balance]") {
  ThreeHost host("balance=least-connections");
  std::vector<Peer> open;
  std::map<std::string, int> seen;
  for (int i = 0; i < 9; ++i) {
    open.push_back(host.connect());
    ++seen[open.back().receive_line()];
  }
  CHECK(seen == std::map<std::string, int>{{"1", 3}, {"2", 3}, {"3", 3}});
}

TEST_CASE("source keeps a client with its container, also when another one goes", "[balance]") {
  ThreeHost host("balance=source");
  const auto before = host.spread(10);
  REQUIRE(before.size() == 1);
  const std::string mine = before.begin()->first;
  // A container that is not this client's goes.
  const std::string other = mine == "1" ? "2" : "1";
  std::filesystem::remove(host.file("mail", "CONTAINER.web." + other));
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  CHECK(host.spread(10) == before);
  // Its own goes: all its connections move to one other.
  std::filesystem::remove(host.file("mail", "CONTAINER.web." + mine));
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  const auto after = host.spread(10);
  CHECK(after.size() == 1);
  CHECK_FALSE(after.contains(mine));
}
