#include "forwarder/resolver.h"

#include "catch.h"

using namespace netports;

namespace {

const std::string kOld(64, 'a');
const std::string kNew(64, 'b');

AppPorts ports_of(const std::string& app, const std::string& text) {
  AppPorts ports;
  ports.app = app;
  ports.source = AppPorts::Source::file;
  ports.mappings = parse_ports(text, "PORTS");
  return ports;
}

Container container(const std::string& id, const std::string& address) {
  Container made;
  made.id = id;
  made.state = "running";
  made.network_mode = "default";
  made.addresses["bridge"] = address;
  return made;
}

std::vector<std::string> backends(const AppRoutes& app, std::size_t route = 0) {
  std::vector<std::string> found;
  for (const auto& backend : app.routes.at(route)->backends) found.push_back(backend->address());
  return found;
}

}  // namespace

TEST_CASE("resolve_app serves each mapping by the containers of its process type", "[resolver]") {
  const RunningContainers running{{kOld, container(kOld, "172.17.0.2")},
                                  {kNew, container(kNew, "172.17.0.3")}};
  const auto app = resolve_app(ports_of("mail", "25:5025\n993:5993 process=imap\n"), false,
                               {{"imap", 1, kNew}, {"web", 1, kOld}}, running, nullptr);
  CHECK(backends(app, 0) == std::vector<std::string>{"172.17.0.2:5025"});
  CHECK(backends(app, 1) == std::vector<std::string>{"172.17.0.3:5993"});
}

TEST_CASE("resolve_app gives no backend for a container that does not run", "[resolver]") {
  const auto app =
      resolve_app(ports_of("mail", "25:5025\n"), false, {{"web", 1, kOld}}, {}, nullptr);
  CHECK(backends(app).empty());
}

TEST_CASE("resolve_app keeps the marks of a backend at the same place only", "[resolver]") {
  const RunningContainers before{{kOld, container(kOld, "172.17.0.2")}};
  const auto first =
      resolve_app(ports_of("mail", "25:5025\n"), false, {{"web", 1, kOld}}, before, nullptr);
  const auto same =
      resolve_app(ports_of("mail", "25:5025\n"), false, {{"web", 1, kOld}}, before, &first);
  CHECK(same.routes[0]->backends[0] == first.routes[0]->backends[0]);
  // The old address, now another container's: nothing of the old backend may be used for it.
  const RunningContainers after{{kNew, container(kNew, "172.17.0.2")}};
  const auto other =
      resolve_app(ports_of("mail", "25:5025\n"), false, {{"web", 1, kNew}}, after, &first);
  CHECK(other.routes[0]->backends[0] != first.routes[0]->backends[0]);
}

TEST_CASE("resolve_app takes the published port when asked to", "[resolver]") {
  auto published = container(kOld, "172.17.0.2");
  published.published.push_back({"0.0.0.0", 32768, 5025});
  const RunningContainers running{{kOld, published}};
  const auto app =
      resolve_app(ports_of("mail", "25:5025\n"), true, {{"web", 1, kOld}}, running, nullptr);
  CHECK(backends(app) == std::vector<std::string>{"127.0.0.1:32768"});
  const auto none =
      resolve_app(ports_of("mail", "26:5026\n"), true, {{"web", 1, kOld}}, running, nullptr);
  CHECK(backends(none).empty());
  CHECK(none.problems.at(0).text == "web.1 does not publish port 5026");
}

TEST_CASE("settle_conflicts leaves a port with its owner", "[resolver]") {
  std::map<std::string, AppRoutes> apps;
  apps["a"] = resolve_app(ports_of("a", "25:1\n"), false, {}, {}, nullptr);
  apps["b"] = resolve_app(ports_of("b", "25:2\n26:2\n"), false, {}, {}, nullptr);
  std::vector<Problem> problems;
  const auto settled = settle_conflicts(apps, {{ListenAddress{{}, 25}, "b"}}, problems);
  REQUIRE(settled.size() == 2);
  CHECK(settled[0]->app == "b");
  CHECK(settled[1]->app == "b");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].app == "a");
  CHECK(problems[0].text == "Public port 25 is taken by app b");
}

TEST_CASE("settle_conflicts sees that one address overlaps all addresses", "[resolver]") {
  std::map<std::string, AppRoutes> apps;
  apps["a"] = resolve_app(ports_of("a", "25:1\n"), false, {}, {}, nullptr);
  apps["b"] = resolve_app(ports_of("b", "127.0.0.1:25:2\n"), false, {}, {}, nullptr);
  std::vector<Problem> problems;
  const auto settled = settle_conflicts(apps, {}, problems);
  REQUIRE(settled.size() == 1);
  CHECK(settled[0]->app == "a");
}

TEST_CASE("all_run is false as soon as one container in use ended", "[resolver]") {
  const RunningContainers running{{kOld, container(kOld, "172.17.0.2")}};
  const auto app = resolve_app(ports_of("mail", "25:5025\n"), false,
                               {{"web", 1, kOld}, {"web", 2, kNew}}, running, nullptr);
  CHECK_FALSE(all_run(app, running));
}

TEST_CASE("resolve_app leaves a port to a container on the host's network, also while it restarts",
          "[resolver]") {
  Container host = container(kOld, "");
  host.network_mode = "host";
  const std::string ports = "2602:2602\n127.0.0.1:2603:2603\n10.0.0.1:2604:2604\n25:5025\n";
  const RunningContainers running{{kOld, host}};
  const auto first =
      resolve_app(ports_of("game", ports), false, {{"web", 1, kOld}}, running, nullptr);
  REQUIRE(first.routes.size() == 2);
  CHECK(first.routes[0]->mapping.listen.text() == "10.0.0.1:2604");
  CHECK(first.routes[1]->mapping.listen.text() == "25");
  CHECK(first.problems.size() == 2);
  const auto gone = resolve_app(ports_of("game", ports), false, {{"web", 1, kOld}}, {}, &first);
  CHECK(gone.routes.size() == 2);
  const RunningContainers moved{{kNew, container(kNew, "172.17.0.2")}};
  const auto bridge = resolve_app(ports_of("game", ports), false, {{"web", 1, kNew}}, moved, &gone);
  CHECK(bridge.routes.size() == 4);
  CHECK(bridge.problems.empty());
}
