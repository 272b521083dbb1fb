#include "doctor/doctor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/unique_fd.h"
#include "catch.h"
#include "doctor/dial.h"
#include "doctor/judge.h"
#include "doctor/look.h"
#include "temp_directory.h"

using namespace netports;
using namespace netports::doctor;

namespace {

/// A host on which everything is well: one app with one public port, one connection.
Facts healthy() {
  Facts facts;
  facts.entry = "netports";
  facts.version = "1.2.3";
  facts.socket = {"/run/dokku-ports/control.sock", true, true, false, 0660, 33, 33};
  facts.status.value = ForwarderStatus{"1.2.3", 77, 1, 500'000, {}, "", {}, {}};
  facts.status.value->ports = {{"25", "mail", "listening", "", 5025, {{"web.1", "up", 1}}}};
  facts.service.manager = Service::Manager::systemd;
  facts.service.file = "/etc/systemd/system/dokku-ports.service";
  facts.service.program = "/usr/local/lib/dokku-ports/dokku-ports";
  facts.service.only_root_writes = true;
  facts.service.starts_at_boot = true;
  facts.service.active = "active";
  facts.service.script = "/etc/init.d/dokku-ports";
  facts.service.log = "/var/log/dokku-ports.log";
  facts.apps = {{"mail", "", parse_ports("25:5025", "PORTS")}};
  facts.dials = {{"25", "mail", "", false}};
  facts.connections.value = std::vector<AppConnections>{{"mail", 60, {10}}};
  facts.firewall.value = Firewall{};
  facts.leftovers.value = std::vector<Leftover>{};
  facts.engine_version.value = "20.10.24+dfsg1";
  facts.kernel = {1'048'576, PortRange{32768, 60999}, "", 2, 12, 4096};
  return facts;
}

ForwarderStatus& status_in(Facts& facts) { return *facts.status.value; }

void check(const Finding& finding, State state, const std::string& found,
           const std::string& next = "") {
  CHECK(state_text(finding.state) == state_text(state));
  CHECK(finding.found == found);
  CHECK(finding.next == next);
}

/// What a set of results says of one check.
std::string state_of(const std::vector<Result>& results, std::string_view id) {
  for (const auto& result : results) {
    if (result.id == id) return std::string(state_text(result.finding.state));
  }
  return "no such check";
}

}  // namespace

TEST_CASE("a host on which everything is well is healthy, and every check says so", "[doctor]") {
  const auto results = examine(healthy());
  CHECK(is_healthy(results));
  for (const auto& result : results) {
    INFO(result.id << ": " << result.finding.found);
    CHECK(result.finding.state == State::ok);
    CHECK(!result.finding.found.empty());
    CHECK(result.finding.next.empty());
  }
  const std::string text = results_text(results);
  CHECK(text.starts_with(
      "Forwarder\n  ok       Daemon          Version 1.2.3 answers, process 77\n"));
  CHECK(text.ends_with("\nNothing is wrong\n"));
}

TEST_CASE("ids of checks are unique", "[doctor]") {
  std::vector<std::string_view> ids;
  for (const auto& result : examine(healthy())) ids.push_back(result.id);
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("results are printed with the next step beneath, and counted", "[doctor]") {
  const std::vector<Result> results{
      {"One", "a", "First", {State::ok, "fine"}},
      {"One", "b", "Second one", {State::problem, "bad", "mend it"}},
      {"Two", "c", "Third", {State::warning, "odd", "look"}},
      {"Two", "d", "Fourth", {State::unknown, "dark"}},
      {"Two", "e", "Fifth", {State::not_applicable, "none"}},
  };
  CHECK_FALSE(is_healthy(results));
  CHECK(results_text(results) ==
        "One\n"
        "  ok       First       fine\n"
        "  problem  Second one  bad\n"
        "                Next:  mend it\n"
        "Two\n"
        "  warning  Third       odd\n"
        "                Next:  look\n"
        "  unknown  Fourth      dark\n"
        "  -        Fifth       none\n"
        "1 problem, 1 warning, 1 not looked at\n");
  CHECK(
      results_json({results[1], results[4]}) ==
      R"({"version":")" NETPORTS_VERSION R"(","healthy":false,"problems":1,"warnings":0,"checks":[)"
      R"({"check":"b","group":"One","title":"Second one","state":"problem","found":"bad","next":"mend it"},)"
      R"({"check":"e","group":"Two","title":"Fifth","state":"not-applicable","found":"none","next":""}]})"
      "\n");
}

TEST_CASE("a forwarder that is silent is one problem; what depends on it is not looked at",
          "[doctor]") {
  auto facts = healthy();
  facts.status = {{}, "The forwarder does not answer on /run/x: Connection refused"};
  facts.dials.clear();
  facts.connections = {};
  facts.service.active = "";
  const auto results = examine(facts);
  check(judge_daemon(facts), State::problem,
        "The forwarder does not answer on /run/x: Connection refused",
        "journalctl -u dokku-ports; then, as root: systemctl restart dokku-ports");
  for (const char* id : {"older-daemons", "listening", "reachable", "backends", "wait-to-retire",
                         "forwarders-engine", "descriptors"}) {
    CHECK(state_of(results, id) == "unknown");
  }
  CHECK(std::count_if(results.begin(), results.end(), [](const Result& result) {
          return result.finding.state == State::problem;
        }) == 1);

  facts.service.manager = Service::Manager::sysv;
  CHECK(judge_daemon(facts).next ==
        "See /var/log/dokku-ports.log; then, as root: /etc/init.d/dokku-ports restart");
  facts.socket.denied = true;
  check(judge_daemon(facts), State::unknown, "/run/dokku-ports/control.sock is closed to this user",
        "Run it through dokku, or as root");
}

TEST_CASE("a forwarder of another version is a problem", "[doctor]") {
  auto facts = healthy();
  status_in(facts).version = "1.2.2\x1b[31m";
  check(judge_daemon(facts), State::problem,
        "Version 1.2.2\\x1b[31m runs, while the commands are of version 1.2.3",
        "As root: dokku plugin:install, which hands over and closes no connection");
  facts.service.packaged = true;
  CHECK(judge_daemon(facts).next ==
        "As root: systemctl kill --kill-who=main --signal=USR2 dokku-ports");
  facts.service.manager = Service::Manager::sysv;
  CHECK(judge_daemon(facts).next == "As root: /etc/init.d/dokku-ports upgrade");
}

// The version stays the same between builds: after a hand-over that failed all was well.
TEST_CASE("a forwarder of another build is a problem", "[doctor]") {
  auto facts = healthy();
  facts.program = "0123456789abcdef";
  status_in(facts).program = "0123456789abcdee";
  check(judge_daemon(facts), State::problem,
        "Process 77 runs another build of version 1.2.3 than the one installed",
        "As root: dokku plugin:install, which hands over and closes no connection");
  status_in(facts).program = facts.program;
  CHECK(judge_daemon(facts).state == State::ok);
  // One from before this check, or one whose file nobody may read.
  status_in(facts).program.clear();
  CHECK(judge_daemon(facts).state == State::ok);
  status_in(facts).program = facts.program;
  facts.program.clear();
  CHECK(judge_daemon(facts).state == State::ok);
}

TEST_CASE("a control socket has mode 0660 and Dokku's group", "[doctor]") {
  auto facts = healthy();
  CHECK(judge_socket(facts).state == State::ok);
  facts.socket.mode = 0666;
  check(judge_socket(facts), State::problem,
        "/run/dokku-ports/control.sock has mode 0666: everybody on this host may command the "
        "forwarder",
        "As root: chmod 0660 /run/dokku-ports/control.sock");
  facts.socket.mode = 0600;
  CHECK(judge_socket(facts).state == State::warning);
  facts.socket.mode = 0660;
  facts.socket.group = 5;
  check(judge_socket(facts), State::warning,
        "/run/dokku-ports/control.sock belongs to group 5, not to Dokku's (33)",
        "As root: systemctl restart dokku-ports");
  facts.socket.right_group.reset();
  CHECK(judge_socket(facts).state == State::ok);
  facts.socket.is_socket = false;
  CHECK(judge_socket(facts).state == State::problem);
  facts.socket.exists = false;
  CHECK(judge_socket(facts).state == State::not_applicable);
}

TEST_CASE("the service is placed, root's own, enabled and running", "[doctor]") {
  auto facts = healthy();
  auto& service = facts.service;
  service.starts_at_boot = false;
  check(judge_service(facts), State::warning,
        "/etc/systemd/system/dokku-ports.service does not start it at boot",
        "As root: systemctl enable dokku-ports");
  service.manager = Service::Manager::sysv;
  // `defaults` makes links that are missing, and does not undo `disable`.
  CHECK(judge_service(facts).next ==
        "As root: update-rc.d dokku-ports defaults && update-rc.d dokku-ports enable");
  service.manager = Service::Manager::systemd;
  service.active = "failed";
  check(judge_service(facts), State::problem,
        "/etc/systemd/system/dokku-ports.service is failed, while a forwarder runs that it did not "
        "start",
        "journalctl -u dokku-ports; then, as root: systemctl restart dokku-ports");
  service.only_root_writes = false;
  check(judge_service(facts), State::problem,
        "/usr/local/lib/dokku-ports/dokku-ports can be changed by others than root",
        "As root: chown root:root /usr/local/lib/dokku-ports/dokku-ports && chmod 0755 "
        "/usr/local/lib/dokku-ports/dokku-ports");
  service.program.clear();
  CHECK(judge_service(facts).state == State::problem);
  service.file.clear();
  check(judge_service(facts), State::problem, "No unit starts the forwarder",
        "As root: dokku plugin:install, which places and starts it");
  // That does nothing where a package brought the service.
  service.packaged = true;
  CHECK(judge_service(facts).next ==
        "As root: apt-get install --reinstall ./dokku-netports_<version>_<arch>.deb");
  service.manager = Service::Manager::sysv;
  check(judge_service(facts), State::problem, "No init script starts the forwarder",
        "As root: apt-get install --reinstall -o Dpkg::Options::=--force-confmiss "
        "./dokku-netports_<version>_<arch>.deb");
  service.file = service.script;
  CHECK(judge_service(facts).next ==
        "As root: apt-get install --reinstall -o Dpkg::Options::=--force-confmiss "
        "./dokku-netports_<version>_<arch>.deb");
  service.manager = Service::Manager::none;
  CHECK(judge_service(facts).state == State::not_applicable);
}

TEST_CASE("daemons from before an upgrade are named with what they hold", "[doctor]") {
  auto facts = healthy();
  facts.older = {{41, {std::vector<OpenConnection>{{"mail", "draining", 7300}, {"", "x", 3}}, ""}},
                 {42, {{}, "no answer"}}};
  check(judge_older_daemons(facts), State::warning,
        "From before an upgrade: process 41 finishes 2 connections of mail, the oldest open for 2 "
        "h; process 42 does not answer",
        "Nothing, they end with their connections; to end one now, as root: kill 41");
}

TEST_CASE("without public ports nothing is said of them", "[doctor]") {
  auto facts = healthy();
  facts.apps.clear();
  const auto results = examine(facts);
  for (const char* id :
       {"mappings", "listening", "reachable", "backends", "wait-to-retire", "firewall"}) {
    CHECK(state_of(results, id) == "not-applicable");
  }
}

TEST_CASE("a file that is wrong and what the forwarder says of an app are problems", "[doctor]") {
  auto facts = healthy();
  facts.apps.push_back({"web", "PORTS:1:1: \"x\" is not public:private"});
  status_in(facts).problems = {{"web", "the same"}, {"db", "Public port 25 is taken by app mail"}};
  check(
      judge_mappings(facts), State::problem,
      "App web: PORTS:1:1: \"x\" is not public:private; App db: Public port 25 is taken by app "
      "mail",
      "Deploy web with a PORTS file that is right, or: dokku netports:ports-set web <mapping>...");
  facts = healthy();
  CHECK(judge_mappings(facts).found == "1 public port of 1 app");
}

TEST_CASE("a port that is not served is a problem, the first is told what to do about",
          "[doctor]") {
  auto facts = healthy();
  status_in(facts).ports[0].state = "waiting";
  status_in(facts).ports[0].error = "Cannot listen on 25: Address already in use";
  check(judge_listening(facts), State::problem,
        "Port 25 of mail is not served: Cannot listen on 25: Address already in use",
        "See who has it, as root: ss -ltnp 'sport = :25'");
  // Of a mapping that is gone only connections are left; it serves nobody.
  status_in(facts).ports[0].state = "draining";
  check(judge_listening(facts), State::problem, "Port 25 of mail is not known to the forwarder",
        "dokku netports:ports-reload");
  facts.apps = {{"mail", "", parse_ports("30-36:30-36", "PORTS")}};
  CHECK(judge_listening(facts).found ==
        "Port 30 of mail is not known to the forwarder; Port 31 of mail is not known to the "
        "forwarder; Port 32 of mail is not known to the forwarder; and 4 more");
}

TEST_CASE("a port that listens accepts connections", "[doctor]") {
  auto facts = healthy();
  facts.not_dialled = 3;
  check(judge_reachable(facts), State::ok, "1 port accepts from this host; 3 more not tried");
  facts.dials[0].closed_at_once = true;
  check(judge_reachable(facts), State::warning, "Port 25 of mail accepts, and is closed at once",
        "Look at what the app says: dokku logs mail");
  facts.dials.push_back({"26", "mail", "Connection refused", false});
  check(judge_reachable(facts), State::problem,
        "Port 26 of mail does not accept a connection from this host: Connection refused; Port 25 "
        "of mail accepts, and is closed at once",
        "Look for a packet filter on the loopback interface, as root: nft list ruleset");
}

TEST_CASE("a port needs a container that answers", "[doctor]") {
  auto facts = healthy();
  auto& backends = status_in(facts).ports[0].backends;
  backends = {{"web.1", "down", 0}, {"web.2", "up", 0}, {"web.1", "draining", 5}};
  check(judge_backends(facts), State::warning,
        "Port 25 of mail: web.1 does not answer on port 5025",
        "Let the app listen on 0.0.0.0:5025, and look at: dokku logs mail");
  backends[1].state = "down";
  check(judge_backends(facts), State::problem,
        "Port 25 of mail: web.1, web.2 does not answer on port 5025",
        "Let the app listen on 0.0.0.0:5025, and look at: dokku logs mail");
  backends = {{"web.1", "draining", 5}};
  check(judge_backends(facts), State::warning, "Port 25 of mail has no running container",
        "dokku ps:report mail; unless it was stopped on purpose: dokku ps:start mail");
}

TEST_CASE("connections that last longer than a deploy leaves them are told with the command",
          "[doctor]") {
  auto facts = healthy();
  facts.connections.value = std::vector<AppConnections>{{"mail", 60, {60, 61, 10'000}}};
  check(judge_wait_to_retire(facts), State::warning,
        "A deploy of mail cuts connections after 60 s: 2 of 3 are open longer, the oldest for 2 h",
        "dokku checks:set mail wait-to-retire 14400; and let the app keep serving after SIGTERM");
  facts.connections.value->at(0).ages_seconds = {200'000};
  CHECK(
      judge_wait_to_retire(facts).next.starts_with("dokku checks:set mail wait-to-retire 259200;"));
  facts.connections.value->clear();
  check(judge_wait_to_retire(facts), State::ok, "No connection is open");
  facts.connections = {{}, "no answer"};
  check(judge_wait_to_retire(facts), State::unknown, "no answer");
}

TEST_CASE("a packet filter that names no port of ours is a hint, never a problem", "[doctor]") {
  auto facts = healthy();
  facts.apps = {{"mail", "", parse_ports("25:5025\n143:5143\n1000-1003:1000-1003", "PORTS")}};
  facts.firewall.value = parse_ufw("Status: active\nDefault: deny (incoming), allow (outgoing)\n");
  check(judge_firewall(facts), State::warning,
        "ufw is active, and no rule of it names 25, 143, 1000-1003",
        "If others shall reach it, as root: ufw allow 25/tcp");
  facts.firewall.value->named = {{25, 25}, {100, 2000}};
  CHECK(judge_firewall(facts).state == State::ok);
  facts.firewall.value = Firewall{"nftables", false};
  check(judge_firewall(facts), State::ok, "nftables drops nothing that no rule names");
  facts.firewall = {{}, "Only root sees it"};
  facts.firewall_next = "As root: iptables -S";
  check(judge_firewall(facts), State::unknown, "Only root sees it", "As root: iptables -S");
}

TEST_CASE("the network role is where the operator put it", "[doctor]") {
  using Holder = Takeover::Holder;
  auto facts = healthy();
  check(judge_takeover(facts), State::ok, "Off: Dokku's own plugin has the network role");
  facts.takeover = {Holder::core, "network", true};
  check(judge_takeover(facts), State::problem,
        "Switched on once, but Dokku's own plugin has the network role",
        "dokku netports:takeover on; or, to leave it so: dokku netports:takeover off");
  facts.takeover = {Holder::us, "netports", true};
  CHECK(judge_takeover(facts).state == State::ok);
  facts.takeover.remembered = false;
  check(judge_takeover(facts), State::warning,
        "This plugin has the network role, but an upgrade of Dokku may take it away",
        "dokku netports:takeover on");
  facts.takeover = {Holder::other, "net\nx", false};
  CHECK(judge_takeover(facts).found == "net\\x0ax, another plugin, has Dokku's network role");
  facts.takeover = {Holder::nobody, "", true};
  CHECK(judge_takeover(facts).state == State::problem);
  facts.takeover = {Holder::alone, "network", true};
  CHECK(judge_takeover(facts).state == State::ok);
}

TEST_CASE("the Docker Engine answers and is 20.10 or later", "[doctor]") {
  auto facts = healthy();
  const auto state = [&](const std::string& version) {
    facts.engine_version.value = version;
    return std::string(state_text(judge_engine(facts).state));
  };
  CHECK(state("20.10") == "ok");
  CHECK(state("27.3.1") == "ok");
  CHECK(state("20.10+dfsg1") == "ok");
  CHECK(state("20.9.1") == "problem");
  CHECK(state("19.03.15") == "problem");
  CHECK(state("") == "unknown");
  CHECK(state("dev") == "unknown");
  facts.engine_version = {{}, "Unable to ask the Docker Engine at unix:///x: Permission denied"};
  check(judge_engine(facts), State::problem,
        "Unable to ask the Docker Engine at unix:///x: Permission denied",
        "Give the user access, as root: usermod --append --groups docker dokku");
  facts.engine_version.error = "Unable to ask the Docker Engine at unix:///x: Connection refused";
  CHECK(judge_engine(facts).next == "As root: systemctl status docker");
  status_in(facts).engine_error = "It does not answer";
  check(judge_forwarders_engine(facts), State::problem, "It does not answer",
        "As root: systemctl status docker");
}

TEST_CASE("the kernel's limits leave room", "[doctor]") {
  auto facts = healthy();
  facts.kernel.descriptors = 1024;
  CHECK(judge_descriptors(facts).state == State::warning);
  facts.kernel.descriptors = 1'048'576;
  status_in(facts).open = 400'000;
  CHECK(judge_descriptors(facts).state == State::warning);
  status_in(facts).open = 500'000;
  CHECK(judge_descriptors(facts).state == State::problem);
  facts.kernel.descriptors.reset();
  CHECK(judge_descriptors(facts).state == State::unknown);

  facts = healthy();
  check(judge_local_ports(facts), State::ok,
        "32768-60999: 28232 connections to one container's port");
  facts.apps = {{"game", "", parse_ports("34197:1\n34198:2\n40000:3\n25:4", "PORTS")}};
  check(judge_local_ports(facts), State::warning,
        "Public port 34197-34198,40000 is in 32768-60999, of which other programs get local ports: "
        "it may be taken when the forwarder starts",
        "As root: sysctl -w net.ipv4.ip_local_reserved_ports=34197-34198,40000");
  facts.kernel.reserved_ports = "8080,34190-34199";
  CHECK(judge_local_ports(facts).next ==
        "As root: sysctl -w net.ipv4.ip_local_reserved_ports=8080,34190-34199,40000");
  facts.kernel.reserved_ports = "34190-40000";
  CHECK(judge_local_ports(facts).state == State::ok);
  facts.kernel.reserved_ports = "nonsense";
  CHECK(judge_local_ports(facts).state == State::unknown);
  status_in(facts).ports[0].backends[0].open = 25'000;
  CHECK(judge_local_ports(facts).state == State::warning);

  facts = healthy();
  facts.kernel.time_wait = 20'000;
  CHECK(judge_time_wait(facts).state == State::warning);
  facts.kernel.tw_reuse = 1;
  CHECK(judge_time_wait(facts).state == State::ok);
  facts.kernel.somaxconn = 128;
  check(judge_listen_queue(facts), State::warning,
        "At most 128 clients of a port wait to be accepted (net.core.somaxconn)",
        "As root: sysctl -w net.core.somaxconn=4096; then: systemctl restart dokku-ports");
}

TEST_CASE("leftovers are removed by a command that is safe to copy", "[doctor]") {
  auto facts = healthy();
  facts.leftovers.value = std::vector<Leftover>{{"Settings of app x", "/config/x'; reboot; '"}};
  check(judge_leftovers(facts), State::warning, "Settings of app x",
        R"(If nobody needs it: rm -r -- '/config/x'\''; reboot; '\''')");
  // What is printed is not the path: the command would remove something else, or nothing.
  facts.leftovers.value = std::vector<Leftover>{{"Settings of app x", "/config/x\x01"}};
  check(judge_leftovers(facts), State::warning, "Settings of app x",
        R"(Remove it by hand if nobody needs it: its path is not plain text, /config/x\x01)");
  const std::string deep = "/config/" + std::string(400, 'x');
  facts.leftovers.value = std::vector<Leftover>{{"Settings of app x", deep}};
  CHECK(judge_leftovers(facts).next == "If nobody needs it: rm -r -- '" + deep + "'");
}

TEST_CASE("foreign texts reach the terminal as text", "[doctor]") {
  auto facts = healthy();
  status_in(facts).ports[0].app = "mail\x1b]0;x\x07";
  status_in(facts).problems = {{"a\nb", "\x1b[2J"}};
  status_in(facts).engine_error = "\r\n";
  facts.leftovers.value = std::vector<Leftover>{{"Settings of app \x1b[1m", "/x/\n"}};
  facts.takeover.holder = Takeover::Holder::other;
  facts.takeover.holder_name = "\x1b";
  for (const auto& result : examine(facts)) {
    INFO(result.id);
    CHECK(result.finding.found.find_first_of("\x1b\x07\r\n") == std::string::npos);
    CHECK(result.finding.next.find_first_of("\x1b\x07\r\n") == std::string::npos);
  }
}

// --- packet filters ------------------------------------------------------------------------------

TEST_CASE("parse_ufw reads ports, lists, ranges, and what is for everybody", "[doctor]") {
  const auto firewall = parse_ufw(
      "Status: active\nLogging: on (low)\nDefault: deny (incoming), allow (outgoing), disabled "
      "(routed)\nNew profiles: skip\n\n"
      "To                         Action      From\n"
      "--                         ------      ----\n"
      "25/tcp                     ALLOW IN    Anywhere\n"
      "110,143/tcp (Mail)         LIMIT IN    10.0.0.0/8\n"
      "6000:6010/tcp              ALLOW IN    Anywhere\n"
      "10.0.0.1 993/tcp           ALLOW IN    Anywhere\n"
      "5000/udp                   ALLOW IN    Anywhere\n"
      "70                         DENY IN     Anywhere\n"
      "71                         ALLOW OUT   Anywhere\n"
      "Anywhere                   ALLOW IN    10.0.0.0/8\n");
  CHECK(firewall.name == "ufw");
  CHECK(firewall.drops);
  for (const auto port : std::vector<std::uint16_t>{25, 110, 143, 6000, 6005, 6010, 993})
    CHECK(firewall.names(port));
  for (const auto port : std::vector<std::uint16_t>{24, 5000, 5999, 6011, 70, 71, 10}) {
    INFO(port);
    CHECK_FALSE(firewall.names(port));
  }
  CHECK(firewall.allow_command(25) == "ufw allow 25/tcp");
  CHECK(parse_ufw("Status: inactive\n").name.empty());
  CHECK_FALSE(parse_ufw("Status: active\nDefault: allow (incoming)\n").drops);
  CHECK(parse_ufw("Status: active\nDefault: deny (incoming)\nAnywhere  ALLOW IN  Anywhere\n")
            .names(7));
}

TEST_CASE("parse_firewalld reads the zone's target and ports", "[doctor]") {
  const auto firewall = parse_firewalld(
      "public (active)\n  target: default\n  services: ssh\n  ports: 25/tcp 6000-6010/tcp 53/udp\n"
      "  source-ports: 77/tcp\n");
  CHECK(firewall.drops);
  CHECK(firewall.names(25));
  CHECK(firewall.names(6010));
  CHECK_FALSE(firewall.names(53));
  CHECK_FALSE(firewall.names(77));
  CHECK_FALSE(parse_firewalld("trusted\n  target: ACCEPT\n").drops);
}

TEST_CASE("parse_iptables reads policy, a last rule for all, and every chain but Docker's",
          "[doctor]") {
  const auto firewall = parse_iptables(
      "-P INPUT DROP\n-P FORWARD DROP\n-N DOCKER\n-N mail\n"
      "-A INPUT -m conntrack --ctstate INVALID -j DROP\n"
      "-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT\n"
      "-A INPUT -p tcp -m multiport --dports 110,6000:6010 -j mail\n"
      "-A INPUT -p tcp -m tcp ! --dport 70 -j ACCEPT\n"
      "-A INPUT -p tcp -m tcp --dport 71 -j REJECT --reject-with tcp-reset\n"
      "-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n"
      "-A mail -p tcp -m tcp --dport 143 -j ACCEPT\n"
      "-A DOCKER -d 172.17.0.2/32 -p tcp -m tcp --dport 5000 -j ACCEPT\n");
  CHECK(firewall.drops);
  for (const auto port : std::vector<std::uint16_t>{25, 110, 6000, 6010, 143})
    CHECK(firewall.names(port));
  for (const auto port : std::vector<std::uint16_t>{70, 71, 53, 5000})
    CHECK_FALSE(firewall.names(port));
  CHECK_FALSE(parse_iptables("-P INPUT ACCEPT\n-A INPUT -p tcp -j DROP\n").drops);
  CHECK(parse_iptables("-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\n")
            .drops);
}

TEST_CASE("parse_nftables reads policies, rules, sets and verdict-less ones", "[doctor]") {
  const auto ruleset = [](const std::string& policy, const std::string& rules) {
    return R"({"nftables":[{"metainfo":{"version":"1.0.6"}},{"table":{"family":"inet","name":"f"}},)"
           R"({"chain":{"family":"inet","table":"f","name":"in","type":"filter","hook":"input",)"
           R"("prio":0,"policy":")" +
           policy +
           R"("}},{"chain":{"family":"inet","table":"f","name":"out","type":"filter",)"
           R"("hook":"output","prio":0,"policy":"drop"}},)"
           R"({"set":{"family":"inet","name":"open","table":"f","elem":[143,{"range":[6000,6010]}]}})" +
           rules + "]}";
  };
  const auto rule = [](const std::string& chain, const std::string& right,
                       const std::string& verdict) {
    return R"(,{"rule":{"family":"inet","table":"f","chain":")" + chain +
           R"(","expr":[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},)"
           R"("right":)" +
           right + R"(}},{")" + verdict + R"(":null}]}})";
  };
  const auto firewall = parse_nftables(ruleset(
      "drop", rule("in", "25", "accept") + rule("in", R"("@open")", "accept") +
                  rule("in", R"({"set":[80,{"range":[90,92]}]})", "accept") +
                  rule("in", "70", "drop") + rule("out", "71", "accept") +
                  rule("in", "70000", "accept") + rule("in", R"({"range":[5]})", "accept")));
  CHECK(firewall.drops);
  for (const auto port : std::vector<std::uint16_t>{25, 143, 6005, 80, 91}) {
    INFO(port);
    CHECK(firewall.names(port));
  }
  for (const auto port : std::vector<std::uint16_t>{70, 71, 5}) CHECK_FALSE(firewall.names(port));
  CHECK(firewall.allow_command(26) == "nft insert rule inet f in tcp dport 26 accept");

  CHECK_FALSE(parse_nftables(ruleset("accept", rule("in", "70", "drop"))).drops);
  CHECK(parse_nftables(ruleset("accept",
                               R"(,{"rule":{"family":"inet","table":"f","chain":"in","expr":)"
                               R"([{"counter":{"packets":1}},{"reject":null}]}})"))
            .drops);
  CHECK_FALSE(
      parse_nftables(R"({"nftables":[7,null,{"rule":null},{"chain":{"type":"filter"}}]})").drops);
  CHECK_THROWS_AS(parse_nftables("no"), Error);
}

// --- looking -------------------------------------------------------------------------------------

TEST_CASE("parse_status and parse_connections take any JSON of that kind", "[doctor]") {
  const auto status = parse_status(
      R"({"version":"1","program":"p","pid":7,"open":-4,"max_connections":9,"older_daemons":[3,"x",-1,null,2.5],)"
      R"("engine_error":"e","ports":[{"listen":"25","app":"a","state":"waiting","error":"busy",)"
      R"("private_port":5,"backends":[{"name":"web.1","state":"up","open":2},4]},null],)"
      R"("problems":[{"app":"a","text":"t"}]})");
  CHECK(status.version == "1");
  CHECK(status.program == "p");
  CHECK(status.pid == 7);
  CHECK(status.open == 0);
  CHECK(status.older_daemons == std::vector<std::int64_t>{3});
  REQUIRE(status.ports.size() == 1);
  CHECK(status.ports[0].error == "busy");
  CHECK(status.ports[0].backends[0].open == 2);
  CHECK(status.problems[0].text == "t");
  CHECK(parse_status("{}").ports.empty());
  CHECK_THROWS_AS(parse_status("[]"), Error);
  const auto open = parse_connections(R"([{"app":"a","state":"streaming","age_seconds":4},9])");
  REQUIRE(open.size() == 1);
  CHECK(open[0].age_seconds == 4);
  CHECK_THROWS_AS(parse_connections("{}"), Error);
}

TEST_CASE("find_leftovers names what no app needs, and nothing else", "[doctor]") {
  namespace fs = std::filesystem;
  const test::TempDirectory root;
  Environment env;
  env.dokku_root = root.directory("home");
  env.dokku_lib_root = root.directory("lib");
  env.ports_socket = root.file("run/control.sock");
  const std::string properties = root.directory("lib/config/netports");
  const auto file = [&](const std::string& name) {
    const std::string path = root.file(name);
    std::ofstream(path) << "25:5025\n";
    return path;
  };
  const auto find = [&] {
    std::vector<std::string> found;
    for (const auto& leftover : find_leftovers(env, properties, {"mail", "web"})) {
      found.push_back(leftover.what + ": " + fs::relative(leftover.path, root.path()).string());
    }
    return found;
  };
  file("home/mail/PORTS");
  file("home/mail/HEAD");
  file("home/ENV/other");
  const std::string staged = file("home/mail/PORTS.staged");
  file("lib/config/netports/--global/takeover");
  file("lib/config/netports/mail/mappings");
  file("run/control.sock");
  file(fmt::format("run/control.sock.{}", ::getpid()));
  file("run/control.sock.x");
  CHECK(find().empty());

  file("lib/config/netports/gone/mappings");
  file("home/Mail/PORTS");
  file("home/web/PORTS");
  // Somebody's own directories, in which nothing but our files may be named.
  file("home/Backup/PORTS");
  file("home/Backup/PORTS.staged");
  file("home/Backup/secret.txt");
  file("home/Copies/PORTS/kept");
  file("run/control.sock.4194305");  // beyond the largest process id there can be
  fs::last_write_time(staged, fs::file_time_type::clock::now() - std::chrono::hours(3));
  CHECK(find() == std::vector<std::string>{
                      "Settings of app gone, which does not exist: lib/config/netports/gone",
                      "File PORTS of Backup, which is not an app: home/Backup/PORTS",
                      "File PORTS.staged of Backup, which is not an app: home/Backup/PORTS.staged",
                      "Ports of Mail, which is not an app: home/Mail",
                      "Ports of a release of mail that did not go live, 3 h ago: "
                      "home/mail/PORTS.staged",
                      "Ports of web, which is not an app: home/web",
                      "Control socket of process 4194305, which has ended: "
                      "run/control.sock.4194305"});
}

TEST_CASE("dial tells who accepts, who refuses and who hangs up", "[doctor]") {
  struct Listener {
    UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port = 0;

    Listener() {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t length = sizeof address;
      auto* raw = reinterpret_cast<sockaddr*>(&address);
      REQUIRE(::bind(fd.get(), raw, length) == 0);
      REQUIRE(::getsockname(fd.get(), raw, &length) == 0);
      port = ntohs(address.sin_port);
    }
  };
  const auto loopback = *IpAddress::parse("127.0.0.1");
  const Listener silent;
  const Listener closed;  // bound, so that nobody else listens there
  REQUIRE(::listen(silent.fd.get(), 5) == 0);
  const auto results = dial({{loopback, silent.port}, {loopback, closed.port}},
                            std::chrono::seconds(5), std::chrono::milliseconds(20));
  REQUIRE(results.size() == 2);
  CHECK(results[0].error.empty());
  CHECK_FALSE(results[0].closed_at_once);
  CHECK(results[1].error == "Connection refused");

  // By a reset, which may be there before dial looks, and by an end.
  for (const int linger_on : {1, 1, 1, 1, 1, 0}) {
    const Listener hangs_up;
    REQUIRE(::listen(hangs_up.fd.get(), 5) == 0);
    std::thread closer([&] {
      const UniqueFd client(::accept(hangs_up.fd.get(), nullptr, nullptr));
      const linger option{linger_on, 0};
      ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &option, sizeof option);
    });
    const auto hung =
        dial({{loopback, hangs_up.port}}, std::chrono::seconds(5), std::chrono::seconds(5));
    closer.join();
    CHECK(hung[0].error.empty());
    CHECK(hung[0].closed_at_once);
  }
}
