// Connections that only finish are shown as such: of an old container, of a port that is gone, of
// the daemon before an upgrade.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// The backends of the mail port that drain.
std::vector<BackendStatus> draining(const MailHost& host, const DaemonProcess& daemon) {
  auto backends = daemon.status("mail").port(std::to_string(host.port)).backends;
  std::erase_if(backends, [](const auto& backend) { return backend.state != "draining"; });
  return backends;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a replaced container is shown as draining until its last connection ends",
          "[draining]") {
  MailHost host;
  const Server old_release(MailHost::kAddress, host.private_port, greeting("v1"));
  const Server new_release("127.0.0.3", host.private_port, greeting("v2"));
  auto& daemon = host.start();
  Peer first = host.connect();
  Peer second = host.connect();
  CHECK(first.receive_line() == "v1");
  CHECK(second.receive_line() == "v1");
  CHECK(draining(host, daemon).empty());
  const std::string next = host.run("mail", "web.1", "127.0.0.3");
  CHECK(daemon.ask("reload mail") == "ok\n");
  Peer third = host.connect();
  CHECK(third.receive_line() == "v2");
  const auto old = draining(host, daemon);
  REQUIRE(old.size() == 1);
  CHECK(old[0].container == host.id);
  CHECK(old[0].name == "web.1");
  CHECK(old[0].open == 2);
  const std::string labels =
      "{port=\"" + std::to_string(host.port) + "\",app=\"mail\",process=\"web\"}";
  CHECK(contains(daemon.ask("metrics"), "\ndokku_ports_connections_draining" + labels + " 2\n"));
  const std::string list = daemon.ask("connections mail");
  // Who is connected, to which release, since when.
  const auto entry = [&](const Peer& peer, const std::string& id, const std::string& state) {
    return "{\"listen\":\"" + std::to_string(host.port) +
           "\",\"app\":\"mail\",\"client\":\"127.0.0.1:" + std::to_string(peer.local_port()) +
           "\",\"container\":\"web.1\",\"container_id\":\"" + id + "\",\"state\":\"" + state +
           "\",\"age_seconds\":";
  };
  CHECK(contains(list, entry(first, host.id, "draining")));
  CHECK(contains(list, entry(second, host.id, "draining")));
  CHECK(contains(list, entry(third, next, "streaming")));
  first.close();
  second.close();
  CHECK(eventually([&] { return draining(host, daemon).empty(); }));
  CHECK_FALSE(contains(daemon.ask("connections mail"), "\"draining\""));
  CHECK_FALSE(contains(daemon.ask("metrics"), "dokku_ports_connections_draining{"));
}

TEST_CASE("a port that is gone is shown while connections of it are open", "[draining]") {
  MailHost host;
  const auto kept = free_port();
  const std::string other = std::to_string(kept) + ":" + std::to_string(host.private_port) + "\n";
  host.ports("mail",
             std::to_string(host.port) + ":" + std::to_string(host.private_port) + "\n" + other);
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  Peer client = host.connect();
  CHECK(client.receive_line() == "v1");
  host.ports("mail", other);
  CHECK(daemon.ask("reload mail") == "ok\n");
  const auto gone = daemon.status().port(std::to_string(host.port));
  CHECK(gone.state == "draining");
  CHECK(gone.app == "mail");
  CHECK(gone.open == 1);
  REQUIRE(gone.backends.size() == 1);
  CHECK(gone.backends[0].state == "draining");
  CHECK(daemon.status().port(std::to_string(kept)).backends.size() == 1);
  CHECK(daemon.status("other").ports.empty());
  client.close();
  CHECK(eventually([&] { return daemon.status().ports.size() == 1; }));
}

TEST_CASE("the daemon before an upgrade is named while it finishes its connections", "[draining]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  Peer client = host.connect();
  CHECK(client.receive_line() == "v1");
  CHECK(daemon.status().older_daemons.empty());
  daemon.signal(SIGUSR2);
  REQUIRE(daemon.wait_log("\nhanded-over "));
  CHECK(daemon.status().older_daemons == std::vector<std::int64_t>{daemon.pid()});
  CHECK(contains(daemon.ask("metrics"), "\ndokku_ports_older_daemons 1\n"));
  // It can be asked itself, beside the path that it has left to its heir.
  const std::string own = host.control() + "." + std::to_string(daemon.pid());
  const auto ask_old = [&](const std::string& request) {
    Peer peer = connect_to_path(own);
    peer.send(request + "\n");
    return peer.receive_all();
  };
  REQUIRE(eventually([&] { return std::filesystem::exists(own); }));
  struct stat info {};
  REQUIRE(::stat(own.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0660);
  // It closes its listeners a moment after it has handed over.
  CHECK(eventually([&] {
    return contains(ask_old("status mail"), R"("state":"draining","error":"","open":1)");
  }));
  const std::string list = ask_old("connections mail");
  CHECK(contains(list, "\"client\":\"127.0.0.1:" + std::to_string(client.local_port()) + "\""));
  CHECK(contains(list, host.id));
  CHECK(contains(list, "\"draining\""));
  const pid_t heir = daemon.pid_in_log("handed-over");
  client.close();
  daemon.follow(heir);
  CHECK(daemon.status().older_daemons.empty());
  CHECK_FALSE(std::filesystem::exists(own));
}
