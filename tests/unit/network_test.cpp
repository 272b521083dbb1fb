// The decisions of the network role that need no Engine.
#include <fmt/core.h>

#include "base/error.h"
#include "base/file.h"
#include "catch.h"
#include "dokku/app_state.h"
#include "dokku/report.h"
#include "network/docker_args.h"
#include "network/lifecycle.h"
#include "network/listeners.h"
#include "network/names.h"
#include "network/report.h"
#include "network/set.h"
#include "temp_directory.h"

using namespace netports;

namespace {

/// A DOKKU_ROOT and a property store of this test's own.
struct Host {
  Host() {
    env.dokku_root = temp.directory("home");
    env.dokku_lib_root = temp.directory("lib");
    env.plugin_path = temp.directory("lib/plugins");
    env.system_user = "root";
    env.system_group = "root";
  }
  void app(const std::string& name) const { static_cast<void>(temp.directory("home/" + name)); }
  void file(const std::string& name, const std::string& text) const {
    write_file(temp.file("home/" + name), text, 0644);
  }
  void property(const std::string& scope, const std::string& name, const std::string& value) const {
    write_file(temp.file("lib/config/network/" + scope + "/" + name), value, 0600);
  }
  [[nodiscard]] std::vector<std::string> listeners_of(const std::string& process) const {
    return network::listeners(env, network::Settings(env), "app", process);
  }
  [[nodiscard]] std::string checked(const std::string& scope, const std::string& name,
                                    const std::vector<std::string>& values) const {
    return network::checked_value(env, network::Settings(env), {scope, name, values});
  }

  test::TempDirectory temp;
  Environment env;
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("is_network_name takes what may stand on docker's command line", "[network]") {
  for (const auto* name : {"n", "0", "My_net.1-x"}) CHECK(network::is_network_name(name));
  for (const auto* name :
       {"", "-n", ".n", "n1 n2", "n1,host", "n1 --privileged", "n\n", "n'", "ä"}) {
    CHECK_FALSE(network::is_network_name(name));
  }
  CHECK_FALSE(network::is_network_name(std::string("n\0x", 3)));
  CHECK_FALSE(network::is_network_name(std::string(1 << 20, 'n')));
}

TEST_CASE("is_dns_name takes labels of letters, digits and inner hyphens", "[network]") {
  for (const auto* name : {"local", "svc.cluster.local", "a-b.C1"})
    CHECK(network::is_dns_name(name));
  for (const auto* name : {"", ".", ".local", "local.", "a..b", "-a", "a-", "a_b", "a b"}) {
    CHECK_FALSE(network::is_dns_name(name));
  }
  CHECK_FALSE(network::is_dns_name(std::string(64, 'a')));
}

TEST_CASE("split_networks drops blanks, empty pieces and duplicates", "[network]") {
  CHECK(network::split_networks("n1, n2,,n1") == Strings{"n1", "n2"});
  CHECK(network::split_networks("").empty());
}

TEST_CASE("alias_of makes APP.PROC[.TLD], or none of odd names", "[network]") {
  CHECK(network::alias_of("app", "web", "") == "app.web");
  CHECK(network::alias_of("app", "web", "svc.local") == "app.web.svc.local");
  CHECK(network::alias_of("app", "web", "svc.local\n") == "app.web.svc.local");
  CHECK(network::alias_of("app", "", "").empty());
  CHECK(network::alias_of("app", "web --privileged", "").empty());
  CHECK(network::alias_of("app", "web", "x y").empty());
}

TEST_CASE("Settings::computed falls back to the global value and the default", "[network]") {
  const Host host;
  host.property("--global", "tld", "global.local");
  host.property("app", "tld", "");
  host.property("other", "tld", "own.local");
  const network::Settings settings(host.env);
  CHECK(settings.computed("app", "tld") == "global.local");
  CHECK(settings.computed("other", "tld") == "own.local");
  CHECK(settings.computed("../../etc", "tld") == "global.local");
  CHECK(settings.computed("app", "bind-all-interfaces") == "false");
}

TEST_CASE("listeners are in order of their numbers", "[network]") {
  const Host host;
  for (const auto* number : {"1", "10", "2"}) {
    host.file(fmt::format("app/IP.web.{}", number), fmt::format("10.0.0.{}", number));
    host.file(fmt::format("app/PORT.web.{}", number), "5001\n");
  }
  CHECK(host.listeners_of("web") == Strings{"10.0.0.1:5001", "10.0.0.2:5001", "10.0.0.10:5001"});
}

TEST_CASE("listeners put IPv6 in brackets and default to port 5000", "[network]") {
  const Host host;
  host.file("app/IP.web.1", "\n  2001:db8::1 \n");
  CHECK(host.listeners_of("web") == Strings{"[2001:db8::1]:5000"});
}

TEST_CASE("listeners leave out files that name no container's address", "[network]") {
  const Host host;
  host.file("app/IP.web.1", "");
  host.file("app/IP.web.2.bak", "10.0.0.2");
  host.file("app/IP.web.bak", "10.0.0.3");
  host.file("app/IP.web.04", "10.0.0.4");
  host.file("app/IP.web.5", "10.0.0.5; include /etc/passwd");
  host.file("app/IP.web.6", "10.0.0.6");
  host.file("app/PORT.web.6", "80;");
  host.file("app/IP.webs.7", "10.0.0.7");
  static_cast<void>(host.temp.directory("home/app/IP.web.8"));
  CHECK(host.listeners_of("web").empty());
  CHECK(host.listeners_of("*").empty());
}

TEST_CASE("a static listener stands for web alone", "[network]") {
  const Host host;
  host.file("app/IP.web.1", "10.0.0.1");
  host.file("app/IP.worker.1", "10.0.0.2");
  host.property("app", "static-web-listener", "192.0.2.1:8080");
  CHECK(host.listeners_of("web") == Strings{"192.0.2.1:8080"});
  CHECK(host.listeners_of("worker") == Strings{"10.0.0.2:5000"});
}

TEST_CASE("static_listener_host is the part before the port", "[network]") {
  CHECK(network::static_listener_host("192.0.2.1:80") == "192.0.2.1");
  CHECK(network::static_listener_host("[2001:db8::1]:80") == "2001:db8::1");
  CHECK(network::static_listener_host("2001:db8:0::1") == "2001:db8::1");
  CHECK(network::static_listener_host("192.0.2.1") == "192.0.2.1");
  CHECK(network::static_listener_host("somewhere") == "127.0.0.1");
}

TEST_CASE("write_address writes addresses and ports only", "[network]") {
  const Host host;
  host.app("app");
  const auto write = [&](const std::string& process, const std::string& n, const std::string& ip) {
    network::write_address(host.env, network::AddressFile::ip, "app", process, n, ip);
  };
  write("web", "1", "10.0.0.1");
  CHECK(read_file(host.env.dokku_root + "/app/IP.web.1") == "10.0.0.1");
  CHECK_THROWS_WITH(write("../x", "1", "10.0.0.1"), "Invalid process type: ../x");
  CHECK_THROWS_WITH(write("web", "1.bak", "10.0.0.1"), "Invalid container number: 1.bak");
  CHECK_THROWS_WITH(write("web", "1", "localhost"), "Invalid IP address for app.web.1: localhost");
  CHECK_THROWS_AS(
      network::write_address(host.env, network::AddressFile::port, "app", "web", "1", "65536"),
      Error);
}

TEST_CASE("network_words gives no docker word that is no network", "[network]") {
  const Host host;
  host.property("app", "initial-network", "n1 --privileged");
  host.property("other", "initial-network", "n1");
  host.property("by-hand", "initial-network", "n1\n");
  const network::Settings settings(host.env);
  CHECK(network::network_words(settings, "none").empty());
  CHECK(network::network_words(settings, "by-hand") == " --network=n1 ");
  CHECK(network::network_words(settings, "other") == " --network=n1 ");
  CHECK(network::network_words(settings, "other", "web") ==
        " --network=n1 --network-alias=other.web ");
  CHECK(network::network_words(settings, "other", "web\" -v /:/host") == " --network=n1 ");
  CHECK_THROWS_WITH(network::network_words(settings, "app"),
                    "Invalid network name in property initial-network of app app: n1 --privileged");
}

TEST_CASE("network_words gives no alias on networks that know none", "[network]") {
  const Host host;
  host.property("app", "initial-network", "host");
  CHECK(network::network_words(network::Settings(host.env), "app", "web") == " --network=host ");
}

TEST_CASE("checked_value takes networks to attach to one by one", "[network]") {
  const Host host;
  CHECK(host.checked("app", "attach-post-create", {"n1", "n2", "n1"}) == "n1,n2");
  CHECK(host.checked("app", "attach-post-create", {"n1,n2"}) == "n1,n2");
  CHECK(host.checked("app", "attach-post-create", {}).empty());
  CHECK(host.checked("app", "attach-post-create", {""}).empty());
  for (const auto* wrong : {"host", "bridge", "none", "n1,host", "n1 n2", "-n", "n1,"}) {
    CHECK_THROWS_AS(host.checked("app", "attach-post-create", {wrong}), Error);
  }
  CHECK_THROWS_WITH(host.checked("app", "attach-post-deploy", {"n1", "host"}),
                    "Invalid network name specified for attach: host");
}

TEST_CASE("checked_value refuses a network of the other attach property", "[network]") {
  const Host host;
  host.app("app");
  host.property("app", "attach-post-create", "n1,n2");
  host.property("--global", "attach-post-deploy", "g1,g2");
  CHECK_THROWS_WITH(host.checked("app", "attach-post-deploy", {"n9", "n2"}),
                    "Network name already associated with this app: n2");
  CHECK_THROWS_WITH(host.checked("other", "attach-post-create", {"g2"}),
                    "Network name already associated with this app: g2");
  CHECK_THROWS_WITH(host.checked("--global", "attach-post-create", {"g1"}),
                    "Network name already associated with this app: g1");
  CHECK_THROWS_WITH(host.checked("--global", "attach-post-deploy", {"n1"}),
                    "Network name already associated with app app: n1");
  CHECK(host.checked("app", "attach-post-create", {"n1"}) == "n1");
}

TEST_CASE("checked_value checks in Dokku's order", "[network]") {
  const Host host;
  CHECK_THROWS_WITH(host.checked("--global", "", {}), "Property cannot be specified globally");
  CHECK_THROWS_WITH(host.checked("--global", "static-web-listener", {"x"}),
                    "Property cannot be specified globally");
  CHECK_THROWS_WITH(host.checked("app", "", {}), "No property specified");
  CHECK_THROWS_WITH(host.checked("app", "foo", {"x"}),
                    "Invalid property specified, valid properties include: attach-post-create, "
                    "attach-post-deploy, bind-all-interfaces, initial-network, "
                    "static-web-listener, tld");
}

TEST_CASE("checked_value checks single values", "[network]") {
  const Host host;
  for (const auto* right : {"127.0.0.1:80", "[::1]:80", "127.0.0.1", "::1"}) {
    CHECK(host.checked("app", "static-web-listener", {right}) == right);
  }
  for (const auto* wrong : {"localhost:80", "127.0.0.1:0", "127.0.0.1:65536", "[127.0.0.1]:80",
                            "[::1]", "127.0.0.1:80\n", ":80"}) {
    CHECK_THROWS_AS(host.checked("app", "static-web-listener", {wrong}), Error);
  }
  CHECK(host.checked("app", "bind-all-interfaces", {"false"}) == "false");
  CHECK_THROWS_AS(host.checked("app", "bind-all-interfaces", {"banana"}), Error);
  CHECK(host.checked("app", "initial-network", {"host"}) == "host");
  CHECK_THROWS_AS(host.checked("app", "initial-network", {"n1 --privileged"}), Error);
  CHECK_THROWS_AS(host.checked("app", "tld", {"x y"}), Error);
  CHECK(host.checked("app", "tld", {""}).empty());
}

TEST_CASE("ReportRequest::of takes one info flag, and none with JSON", "[network]") {
  const auto request = [](const Strings& words) {
    Entry entry;
    entry.name = "network";
    return ReportRequest::of("network:report", Flags(entry, command_of(entry, "report"), words));
  };
  CHECK(request({}).app.empty());
  CHECK(request({"app", "--network-tld"}).info_flag == "--network-tld");
  CHECK(request({"--format", "json", "app"}).json);
  CHECK(request({"app", "--global"}).global);
  CHECK_THROWS_WITH(request({"app", "--network-tld", "--network-tld"}),
                    "network:report command allows only a single flag");
  CHECK_THROWS_WITH(request({"--format=json", "--network-tld"}),
                    "--format flag cannot be specified when specifying an info flag");
}

TEST_CASE("report_text gives text, JSON with each key twice, or one value", "[network]") {
  const Report report{"network", "network", [](const std::string&) {
                        return std::vector<ReportRow>{{"tld", "a<b\x1b"}, {"web-listeners", ""}};
                      }};
  ReportRequest request;
  CHECK(report_text(report, "app", request, false) ==
        "=====> app network information\n"
        "       Network tld:                   a<b\\x1b\n"
        "       Network web listeners:         \n");
  request.info_flag = "--network-tld";
  CHECK(report_text(report, "app", request, false) == "a<b\x1b\n");
  request.info_flag = "--network-foo";
  CHECK_THROWS_WITH(report_text(report, "app", request, false),
                    "Invalid flag passed, valid flags: --network-tld, --network-web-listeners");
  request = {};
  request.json = true;
  CHECK(report_text(report, "app", request, false) ==
        "{\"network-tld\":\"a\\u003cb\\u001b\",\"network-web-listeners\":\"\","
        "\"tld\":\"a\\u003cb\\u001b\",\"web-listeners\":\"\"}\n");
}

TEST_CASE("report_rows of all apps has no app's own values", "[network]") {
  const Host host;
  CHECK(network::report_rows(host.env, network::Settings(host.env), "--global").size() == 10);
  CHECK(network::report_rows(host.env, network::Settings(host.env), "app").size() == 17);
  const Report report = network::report(host.env);
  Strings keys;
  for (const auto& row : report.rows("app")) keys.push_back(row.key);
  CHECK(report.app_keys == keys);
}

TEST_CASE("on_delete refuses an empty name", "[network]") {
  const Host host;
  host.property("app", "tld", "x");
  CHECK_THROWS_WITH(network::on_delete(host.env, ""), "No app specified");
  CHECK_THROWS_AS(network::on_delete(host.env, ".."), Error);
  CHECK(network::Settings(host.env).own("app", "tld") == "x");
  network::on_delete(host.env, "app");
  CHECK(network::Settings(host.env).own("app", "tld").empty());
}

TEST_CASE("on_clone copies all but addresses and the static listener", "[network]") {
  const Host host;
  host.property("app", "tld", "x");
  host.property("app", "static-web-listener", "127.0.0.1:80");
  host.file("copy/IP.web.1", "10.0.0.1");
  host.file("copy/PORTS", "25:5025");
  network::on_clone(host.env, "app", "copy");
  const network::Settings settings(host.env);
  CHECK(settings.own("copy", "tld") == "x");
  CHECK(settings.own("copy", "static-web-listener").empty());
  CHECK(settings.own("app", "static-web-listener") == "127.0.0.1:80");
  CHECK_FALSE(is_regular_file(host.env.dokku_root + "/copy/IP.web.1"));
  CHECK(is_regular_file(host.env.dokku_root + "/copy/PORTS"));
}

TEST_CASE("on_clone copies nothing when a file of addresses stays", "[network]") {
  const Host host;
  host.property("app", "tld", "x");
  host.app("copy/IP.web.1");
  CHECK_THROWS_WITH(network::on_clone(host.env, "app", "copy"),
                    "Unable to remove file " + host.env.dokku_root + "/copy/IP.web.1");
  CHECK(network::Settings(host.env).own("copy", "tld").empty());
}

TEST_CASE("on_rename moves all properties", "[network]") {
  const Host host;
  host.property("app", "static-web-listener", "127.0.0.1:80");
  network::on_rename(host.env, "app", "renamed");
  const network::Settings settings(host.env);
  CHECK(settings.own("renamed", "static-web-listener") == "127.0.0.1:80");
  CHECK(settings.own("app", "static-web-listener").empty());
}

TEST_CASE("parse_scale reads counts and refuses what is none", "[dokku]") {
  const auto scale = parse_scale("worker=0\nweb=2\nweb=9\n");
  REQUIRE(scale.size() == 2);
  CHECK(scale[0].process == "web");
  CHECK(scale[0].count == 2);
  CHECK(parse_scale("").empty());
  for (const auto* wrong : {"web", "web=", "web=-1", "=1", "web=1x"}) {
    CHECK_THROWS_AS(parse_scale(wrong), Error);
  }
}

TEST_CASE("AppState reads files where Dokku's own plugins alone would answer", "[dokku]") {
  const Host host;
  const auto hook = [&](const std::string& plugin, const std::string& name) {
    write_file(host.temp.file("lib/plugins/enabled/" + plugin + "/" + name), "#!/bin/false\n",
               0755);
  };
  hook("ps", "ps-current-scale");
  hook("20_events", "ps-current-scale");
  hook("scheduler", "scheduler-detect");
  write_file(host.temp.file("lib/config/ps/app/scale"), "web=2\n", 0600);
  write_file(host.temp.file("lib/config/ps/app/scale.old"), "web=1\nworker=1\n", 0600);
  write_file(host.temp.file("lib/config/scheduler/--global/selected"), "k3s", 0600);
  AppState state(host.env);
  CHECK(state.scale("app").size() == 2);
  CHECK(state.scheduler("app") == "k3s");
  host.file("app/CONTAINER.web.1", "x");
  write_file(host.temp.file("lib/config/scheduler/app/selected"), "docker-local", 0600);
  CHECK(state.is_deployed("app"));
  CHECK_FALSE(is_regular_file(host.env.dokku_lib_root + "/config/common/app/deployed"));
}
