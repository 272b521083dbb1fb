// Which container serves: the one whose id the app's files name, at the address that the Engine
// gives this very id, and no other.
#include <sys/stat.h>

#include <future>
#include <optional>
#include <set>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// Waits until the daemon has looked at what the last event told.
bool looked(const DaemonProcess& daemon, std::int64_t reloads_before) {
  return eventually([&] { return daemon.status().reloads > reloads_before; });
}

}  // namespace

TEST_CASE("a container that restarts at another address is followed", "[containers]") {
  MailHost host;
  const Server moved("127.0.0.3", host.private_port, greeting("moved"));
  SECTION("its event tells") {
    const Server old(MailHost::kAddress, host.private_port, greeting("old"));
    host.start();
    CHECK(eventually([&] { return host.engine.followers() == 1; }));
    CHECK(host.connect().receive_line() == "old");
    host.engine.run(host.id, "127.0.0.3");
    host.engine.event("start", host.id, "mail");
    CHECK(eventually([&] { return host.connect().receive_line() == "moved"; }));
  }
  SECTION("a failed dial tells") {
    host.start();
    host.engine.run(host.id, "127.0.0.3");
    CHECK(eventually([&] { return host.connect().receive_line() == "moved"; }));
  }
}

TEST_CASE("an address that another app's container got is not dialled", "[containers]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  CHECK(host.connect().receive_line() == "v1");
  // Gone, and the Engine gives its address to a container of another app.
  host.engine.remove(host.id);
  const auto stranger = host.run("other", "web.1", MailHost::kAddress);
  const auto reloads = daemon.status().reloads;
  host.engine.event("die", host.id, "mail");
  host.engine.event("start", stranger, "other");
  REQUIRE(looked(daemon, reloads));
  CHECK(eventually([&] {  // the look may have been one that began before
    Peer peer = host.connect();
    return peer.receive_line().empty() && peer.end() == End::reset;
  }));
  const auto accepted = backend.accepted();
  CHECK(daemon.ask("reload") == "ok\n");
  for (int i = 0; i < 10; ++i) CHECK(host.connect().wait_end() == End::reset);
  CHECK(backend.accepted() == accepted);
}

TEST_CASE("a dial under way does not reach an app that got the address meanwhile", "[containers]") {
  MailHost host;
  netports::UniqueFd listening = listen_at(MailHost::kAddress, host.private_port);
  const int fd = listening.get();
  make_deaf(fd);
  const Server stranger(std::move(listening), greeting("other"));
  auto& daemon = host.start();
  Peer client = host.connect();
  client.send("secret of mail");
  REQUIRE(eventually([&] { return daemon.status().open == 1; }));
  host.engine.remove(host.id);
  host.run("other", "web.1", MailHost::kAddress);
  CHECK(daemon.ask("reload mail") == "ok\n");
  make_deaf(fd, false);
  CHECK(client.wait_end() == End::reset);
  CHECK(daemon.status().open == 0);
  CHECK(stranger.accepted() == 0);
}

TEST_CASE("in mid-deploy the live container stays in use until the deploy says so",
          "[containers]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("old"));
  const Server fresh("127.0.0.3", host.private_port, greeting("new"));
  auto& daemon = host.start();
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  // Dokku writes the new id before its checks have passed; the Engine tells of the start.
  auto reloads = daemon.status().reloads;
  const auto next = host.run("mail", "web.1", "127.0.0.3");
  host.engine.event("start", next, "mail");
  REQUIRE(looked(daemon, reloads));
  for (int i = 0; i < 5; ++i) CHECK(host.connect().receive_line() == "old");
  SECTION("post-deploy") {
    CHECK(daemon.ask("reload mail") == "ok\n");
    CHECK(host.connect().receive_line() == "new");
  }
  SECTION("the old one dies") {
    host.engine.remove(host.id);
    host.engine.event("die", host.id, "mail");
    CHECK(eventually([&] { return host.connect().receive_line() == "new"; }));
  }
  SECTION("the deploy fails and the file is put back") {
    host.engine.remove(next);
    host.container_file("mail", "web.1", host.id + "\n");
    host.engine.event("die", next, "mail");
    CHECK(daemon.ask("reload mail") == "ok\n");
    for (int i = 0; i < 5; ++i) CHECK(host.connect().receive_line() == "old");
  }
}

TEST_CASE("an app that is scaled is served by all of its containers and no others",
          "[containers]") {
  MailHost host;
  const Server first(MailHost::kAddress, host.private_port, greeting("1"));
  const Server second("127.0.0.3", host.private_port, greeting("2"));
  const Server third("127.0.0.4", host.private_port, greeting("3"));
  const Server worker("127.0.0.5", host.private_port, greeting("worker"));
  auto& daemon = host.start();
  const auto seen = [&] {
    std::set<std::string> lines;
    for (int i = 0; i < 12; ++i) lines.insert(host.connect().receive_line());
    return lines;
  };
  const auto scale_down = [&](const std::string& name) {
    std::filesystem::remove(host.file("mail", "CONTAINER." + name));
  };
  host.run("mail", "web.2", "127.0.0.3");
  host.run("mail", "web.3", "127.0.0.4");
  host.run("mail", "worker.1", "127.0.0.5");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(seen() == std::set<std::string>{"1", "2", "3"});
  CHECK(daemon.ask("backends mail") ==
        "ok\nweb.1 127.0.0.2:" + std::to_string(host.private_port) +
            "\nweb.2 127.0.0.3:" + std::to_string(host.private_port) +
            "\nweb.3 127.0.0.4:" + std::to_string(host.private_port) + "\n");
  scale_down("web.2");
  scale_down("web.3");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(seen() == std::set<std::string>{"1"});
  scale_down("web.1");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(host.connect().wait_end() == End::reset);
  host.run("mail", "web.2", "127.0.0.3");
  host.run("mail", "web.10", "127.0.0.4");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(seen() == std::set<std::string>{"2", "3"});
}

TEST_CASE("a container file that is just being written takes no container away", "[containers]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("old"));
  const Server fresh("127.0.0.3", host.private_port, greeting("new"));
  auto& daemon = host.start();
  host.container_file("mail", "web.1", "");
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(host.connect().receive_line() == "old");
  CHECK(daemon.ask("reload") == "ok\n");
  CHECK(host.connect().receive_line() == "old");
  CHECK(host.deploy("127.0.0.3") == "ok\n");
  CHECK(host.connect().receive_line() == "new");
}

TEST_CASE("a container that starts while the Engine is slow to answer takes none away",
          "[containers]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("old"));
  const Server fresh("127.0.0.3", host.private_port, greeting("new"));
  auto& daemon = host.start();
  // The look that follows the first contact with the Engine's events is over.
  CHECK(eventually([&] { return daemon.status().reloads > 1; }));
  const std::string request = GENERATE("reload", "reload mail");
  const auto asked = host.engine.requests();
  host.engine.hang(true);
  auto answer = std::async(std::launch::async, [&] { return daemon.ask(request); });
  REQUIRE(eventually([&] { return host.engine.requests() > asked; }));
  host.run("mail", "web.1", "127.0.0.3");
  host.engine.hang(false);
  CHECK(answer.get() == "ok\n");
  CHECK(host.connect().receive_line() == "old");
  CHECK(daemon.ask(request) == "ok\n");
  CHECK(host.connect().receive_line() == "new");
}

TEST_CASE("container files that hold no id harm nobody", "[containers]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  host.container_file("mail", "web.2", "");
  host.container_file("mail", "web.3", "nonsense\n");
  host.container_file("mail", "web.4", std::string(3 << 20, 'a'));
  host.container_file("mail", "web.5", "../../containers/json?all=1\n");
  host.container_file("mail", "web.x", host.id);
  host.container_file("mail", "web.", host.id);
  host.container_file("mail", "web.99999999999999999999", host.id);
  host.container_file("mail", "web.6", Host::new_id());  // the Engine does not know it
  std::filesystem::create_directory(host.file("mail", "CONTAINER.web.7"));
  REQUIRE(::mkfifo(host.file("mail", "CONTAINER.web.8").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/zero", host.file("mail", "CONTAINER.web.9"));
  CHECK(daemon.ask("reload mail") == "ok\n");
  CHECK(daemon.ask("backends mail") ==
        "ok\nweb.1 127.0.0.2:" + std::to_string(host.private_port) + "\n");
  for (int i = 0; i < 5; ++i) CHECK(host.connect().receive_line() == "v1");
}

// The kernel goes on accepting for a paused container: half of the clients hung, and again after
// each resync, as the Engine lists paused containers among those that run.
TEST_CASE("a paused container gets no client until it goes on", "[containers]") {
  MailHost host;
  const Server one(MailHost::kAddress, host.private_port, greeting("one"));
  const std::string id = host.run("mail", "web.2", "127.0.0.3");
  std::optional<Server> other;
  other.emplace("127.0.0.3", host.private_port, greeting("other"));
  auto& daemon = host.start();
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  const auto served_by = [&] {
    std::set<std::string> names;
    for (int i = 0; i < 8; ++i) names.insert(host.connect().receive_line());
    return names;
  };
  CHECK(served_by() == std::set<std::string>{"one", "other"});
  const std::string state = GENERATE("paused", "restarting");
  other.reset();
  const auto deaf = listen_at("127.0.0.3", host.private_port);
  const auto before = daemon.status().reloads;
  host.engine.run(id, "127.0.0.3", state);
  host.engine.event("pause", id, "mail");
  CHECK(looked(daemon, before));
  CHECK(served_by() == std::set<std::string>{"one"});
  CHECK(daemon.ask("reload") == "ok\n");
  CHECK(served_by() == std::set<std::string>{"one"});
  host.engine.run(id, "127.0.0.3");
  host.engine.event("unpause", id, "mail");
  CHECK(eventually(
      [&] { return daemon.status().port(std::to_string(host.port)).backends.size() == 2; }));
}
