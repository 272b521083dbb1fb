// A backend's address that is a public port of ours. A container on the host's own network has the
// address 127.0.0.1, so when its process is gone, our listener of that port would answer the dial:
// each connection made the next one, until one client had taken every descriptor of the daemon.
#include <fmt/core.h>

#include <set>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// The Engine runs `id` on the host's network.
void run_on_host(Host& host, const std::string& id) {
  const std::string network =
      R"("HostConfig":{"NetworkMode":"host"},"NetworkSettings":{"Ports":{},"Networks":{"host":{"IPAddress":""}}})";
  host.engine.run_as(id, fmt::format(R"({{"Id":"{}","State":"running",{}}})", id, network),
                     fmt::format(R"({{"Id":"{}","Name":"/x","State":{{"Status":"running"}},)"
                                 R"("Config":{{"Labels":{{}}}},{}}})",
                                 id, network));
}

/// An app with one container on the host's network and one mapping.
std::string run_app(Host& host, const std::string& app, std::uint16_t from, std::uint16_t to) {
  const std::string id = Host::new_id();
  run_on_host(host, id);
  host.ports(app, fmt::format("{}:{}\n", from, to));
  host.container_file(app, "web.1", id);
  return id;
}

}  // namespace

TEST_CASE("a port that the app's own container has on the host's network is left to it",
          "[own_port]") {
  MailHost host;
  const Server mail(MailHost::kAddress, host.private_port, greeting("mail"));
  const auto port = free_port();
  const std::string id = run_app(host, "game", port, port);
  auto& daemon = host.start();
  CHECK_FALSE(try_connect_to(port));
  CHECK(daemon.status().problems ==
        std::vector<std::string>{fmt::format("game: Public port {} is left to web, which is on the "
                                             "host's network and listens there itself",
                                             port)});
  SECTION("also while it restarts") {
    host.engine.remove(id);
    CHECK(daemon.ask("reload game").starts_with("ok\n"));
    CHECK_FALSE(try_connect_to(port));
    run_on_host(host, id);
    host.engine.event("start", id, "game");
  }
  const Server game("0.0.0.0", port, greeting("game"));
  CHECK(connect_to(port).receive_line() == "game");
  CHECK(host.connect().receive_line() == "mail");
}

TEST_CASE("apps that lead to each other's public ports are not dialled in a circle", "[own_port]") {
  MailHost host;
  const Server mail(MailHost::kAddress, host.private_port, greeting("mail"));
  const auto one = free_port();
  const auto other = free_port();
  run_app(host, "game", one, other);
  run_app(host, "chat", other, one);
  auto& daemon = host.start();
  for (const auto port : {one, other}) {
    CHECK(connect_to(port).wait_end() == End::reset);
    const auto status = daemon.status().port(std::to_string(port));
    CHECK(status.state == "listening");
    CHECK(status.backends.at(0).state == "down");
    // The client's connection is all there ever was.
    CHECK(status.accepted == 1);
    CHECK(status.open == 0);
  }
  const auto problem = [](const std::string& app, std::uint16_t port) {
    return fmt::format(
        "{}: web.1 at 127.0.0.1:{} is not dialled: the forwarder itself listens there", app, port);
  };
  const auto problems = daemon.status().problems;
  CHECK(std::set(problems.begin(), problems.end()) ==
        std::set{problem("game", other), problem("chat", one)});
  CHECK(host.connect().receive_line() == "mail");
}

TEST_CASE("a backend is dialled again when the public port in its place is gone", "[own_port]") {
  MailHost host;
  const auto one = free_port();
  const auto other = free_port();
  run_app(host, "game", one, other);
  host.ports("mail", fmt::format("{}:{}\n", other, host.private_port));
  auto& daemon = host.start();
  CHECK(connect_to(one).wait_end() == End::reset);
  host.ports("mail", "");
  CHECK(daemon.ask("reload mail") == "ok\n");
  const Server game("0.0.0.0", other, greeting("game"));
  CHECK(connect_to(one).receive_line() == "game");
  CHECK(daemon.status().problems.empty());
}
