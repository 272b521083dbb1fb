// Whatever the Engine does, what is served stays served, and what changed meanwhile is found when
// it is itself again.
#include <algorithm>
#include <csignal>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

std::string http(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a daemon that starts before the Engine is ready at once and serves once it is there",
          "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.engine.go_away();
  auto& daemon = host.start();
  CHECK(daemon.status().engine_error.find("No such file or directory") != std::string::npos);
  CHECK(host.connect().wait_end() == End::reset);
  host.engine.come_back();
  CHECK(eventually([&] { return host.connect().receive_line() == "v1"; }));
  CHECK(eventually([&] { return daemon.status().engine_error.empty(); }));
}

TEST_CASE("an Engine that answers nonsense changes nothing that is served", "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  Peer open = host.connect();
  CHECK(open.receive_line() == "v1");
  const std::string answer =
      GENERATE(std::string("nonsense\r\n\r\n"), std::string(), std::string("HTTP/1.1 200 OK\r\n"),
               std::string("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno"),
               std::string("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{\"Id\":"), http(""),
               http("nonsense"), http("42"), http("null"), http(std::string(1 << 16, '[')),
               http(std::string(1 << 20, '{')), http("{\"Id\":\"" + std::string(3 << 20, 'x')));
  CAPTURE(answer.substr(0, 60));
  host.engine.answer_with(answer);
  const std::string reply = daemon.ask("reload");
  CHECK(reply.starts_with("error "));
  CHECK(std::count(reply.begin(), reply.end(), '\n') == 1);
  CHECK(host.connect().receive_line() == "v1");
  CHECK(daemon.ask("reload mail").starts_with("error "));
  CHECK(host.connect().receive_line() == "v1");
  CHECK_FALSE(daemon.status().engine_error.empty());
  open.send("on");
  CHECK(open.receive(2) == "on");
  // A new container goes live while the Engine is out of its mind.
  const Server fresh("127.0.0.3", host.private_port, greeting("v2"));
  host.run("mail", "web.1", "127.0.0.3");
  host.engine.answer_with({});
  CHECK(eventually([&] { return host.connect().receive_line() == "v2"; }));
  CHECK(eventually([&] { return daemon.status().engine_error.empty(); }));
}

TEST_CASE("entries of a wrong type are no containers and harm no others", "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  for (const char* entry :
       {"5", "null", "[]", "\"x\"", "{}", R"({"Id":5,"State":[],"NetworkSettings":"x"})",
        R"({"Id":"e","State":"running","HostConfig":null,"NetworkSettings":{"Networks":[1]},)"
        R"("Ports":{"x":1},"Labels":[],"Names":[5]})",
        R"({"Id":"f","State":"running","NetworkSettings":{"Networks":{"bridge":{"IPAddress":7}}},)"
        R"("Ports":[{"PrivatePort":-1,"PublicPort":9999999999999,"Type":"tcp"}]})"}) {
    host.engine.run_as(Host::new_id(), entry, entry);
  }
  auto& daemon = host.start();
  CHECK(daemon.status().engine_error.empty());
  CHECK(host.connect().receive_line() == "v1");
  // Its own entry loses its address: nothing to dial, and a word about it.
  const auto odd = R"({"Id":")" + host.id + R"(","State":{"Status":"running"},"NetworkSettings":)" +
                   GENERATE(R"({"Networks":{"bridge":{"IPAddress":"999.1.1.1"}}}})", "[]}",
                            R"({"Networks":null}})");
  host.engine.run_as(host.id, "{}", odd);
  CHECK(daemon.ask("reload mail") == "ok\nweb.1 has no address\n");
  CHECK(host.connect().wait_end() == End::reset);
}

TEST_CASE("an Engine that hangs holds up neither clients nor the control socket", "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  host.engine.hang(true);
  const auto asked = host.engine.requests();
  Peer reload = connect_to_path(host.control());
  reload.send("reload mail\n");
  CHECK(eventually([&] { return host.engine.requests() > asked; }));
  for (int i = 0; i < 20; ++i) {
    CHECK(host.connect().receive_line() == "v1");
    CHECK(daemon.status().ports.size() == 1);
  }
  CHECK_FALSE(reload.readable());
  CHECK(reload.receive_all().starts_with("error Unable to ask the Docker Engine"));
  host.engine.hang(false);
  CHECK(eventually([&] { return daemon.status().engine_error.empty(); }));
  CHECK(daemon.ask("reload mail") == "ok\n");
}

// One byte now and then used to keep the manager in one request for hours, and the end with it.
TEST_CASE("an Engine that trickles its answers holds up neither a reload nor the end", "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  host.engine.trickle(GENERATE(std::string("HTTP/1.1 200 OK\r\nX-Slow: "),
                               std::string("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")));
  const std::string reply = daemon.ask("reload mail");
  CHECK(reply.starts_with("error Unable to ask the Docker Engine"));
  CHECK(reply.ends_with(": It does not answer\n"));
  CHECK(host.connect().receive_line() == "v1");
  SECTION("its answers are whole again") {
    host.engine.trickle({});
    CHECK(eventually([&] { return daemon.status().engine_error.empty(); }));
    CHECK(daemon.ask("reload mail") == "ok\n");
  }
  SECTION("the daemon is stopped") {
    daemon.signal(SIGTERM);
    CHECK(daemon.wait_exit(kDeadline / 2) == 0);
  }
}

TEST_CASE("an Engine that trickles its events does not hold up the end", "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  host.engine.trickle_events(GENERATE_COPY(std::string("HTTP/1.1 200 OK\r\nX-Slow: "),
                                           chunked + "fffff;", chunked + "fffff\r\n"));
  auto& daemon = host.start();
  CHECK(host.connect().receive_line() == "v1");
  CHECK(daemon.ask("reload mail") == "ok\n");
  daemon.signal(SIGTERM);
  CHECK(daemon.wait_exit(kDeadline / 2) == 0);
}

TEST_CASE("a restarted Engine is followed again, what it did meanwhile is found", "[engine]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("v1"));
  const Server moved("127.0.0.3", host.private_port, greeting("moved"));
  host.start();
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  SECTION("the event stream is cut") {
    host.engine.run(host.id, "127.0.0.3");  // no event tells of it
    CHECK(host.connect().receive_line() == "v1");
    host.engine.cut_events();
  }
  SECTION("it goes away and comes back") {
    host.engine.go_away();
    host.engine.run(host.id, "127.0.0.3");
    CHECK(host.connect().receive_line() == "v1");
    host.engine.come_back();
  }
  CHECK(eventually([&] { return host.connect().receive_line() == "moved"; }));
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
}

TEST_CASE("an event stream cut in the middle of a switch neither hastens nor undoes it",
          "[engine]") {
  MailHost host;
  const Server old(MailHost::kAddress, host.private_port, greeting("old"));
  const Server fresh("127.0.0.3", host.private_port, greeting("new"));
  auto& daemon = host.start();
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  // Dokku has written the new id, its checks still run. Cut, followed anew, looked at: no switch.
  host.run("mail", "web.1", "127.0.0.3");
  const auto looks = daemon.status().reloads;
  host.engine.cut_events();
  REQUIRE(eventually([&] { return daemon.status().reloads > looks; }));
  for (int i = 0; i < 5; ++i) CHECK(host.connect().receive_line() == "old");
  // Cut again while the switch itself waits for the Engine's answer.
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  const auto asked = host.engine.requests();
  host.engine.hang(true);
  Peer reload = connect_to_path(host.control());
  reload.send("reload mail\n");
  REQUIRE(eventually([&] { return host.engine.requests() > asked; }));
  host.engine.cut_events();
  CHECK(host.connect().receive_line() == "old");
  host.engine.hang(false);
  CHECK(reload.receive_all() == "ok\n");
  const auto after = daemon.status().reloads;
  for (int i = 0; i < 5; ++i) CHECK(host.connect().receive_line() == "new");
  CHECK(eventually([&] { return daemon.status().reloads > after; }));
  for (int i = 0; i < 5; ++i) CHECK(host.connect().receive_line() == "new");
}

TEST_CASE("events that make no sense are survived", "[engine]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  const Server moved("127.0.0.3", host.private_port, greeting("moved"));
  auto& daemon = host.start();
  CHECK(eventually([&] { return host.engine.followers() == 1; }));
  for (const std::string& line :
       {std::string("nonsense"), std::string("[]"), std::string("{}"), std::string("{\"Type\":5}"),
        std::string(R"({"Type":"container","Actor":{"ID":7,"Attributes":[]}})"),
        std::string(R"({"Type":"container","Actor":{"ID":"../..","Attributes":)"
                    R"({"com.dokku.app-name":"../../etc"}}})"),
        std::string(2 << 20, 'x')}) {
    host.engine.event_line(line);
  }
  CHECK(daemon.wait_log("engine-event-ignored"));
  CHECK(host.connect().receive_line() == "v1");
  host.engine.run(host.id, "127.0.0.3");
  host.engine.event("start", host.id, "mail");
  CHECK(eventually([&] { return host.connect().receive_line() == "moved"; }));
  // One of 2 MiB, of a container with labels without end, ended the stream for all apps.
  CHECK(daemon.log().find("engine-lost") == std::string::npos);
}
