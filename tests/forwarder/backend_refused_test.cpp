// A backend that refuses is passed over for the next one within the same client connection, left
// alone for a while, and used again when it answers.
#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("a connection goes to the next backend at once when one refuses", "[backend_refused]") {
  MailHost host;  // web.1 at 127.0.0.2 does not listen
  host.run("mail", "web.2", "127.0.0.3");
  const Server second("127.0.0.3", host.private_port, greeting("second"));
  host.start();
  for (int i = 0; i < 20; ++i) CHECK(host.connect().receive_line() == "second");
  const auto port = host.daemon().status().port(std::to_string(host.port));
  REQUIRE(port.backends.size() == 2);
  CHECK(port.backends[0].state == "down");
  CHECK(port.backends[0].accepted == 0);
  CHECK(port.backends[0].failed >= 1);
  CHECK(port.backends[0].failed < 20);  // not dialled for every client
  CHECK(port.backends[1].accepted == 20);
  CHECK(port.failed == 0);
}

TEST_CASE("bytes that the client sent early reach the backend that answers", "[backend_refused]") {
  MailHost host;
  host.run("mail", "web.2", "127.0.0.3");
  const Server second("127.0.0.3", host.private_port, digest);
  host.start();
  for (int i = 0; i < 5; ++i) {
    Peer client = host.connect();
    client.send("early bytes");
    client.half_close();
    CHECK(client.receive_all() == digest_of("early bytes"));
  }
}

TEST_CASE("with every backend refusing the client is reset, and served when one is back",
          "[backend_refused]") {
  MailHost host;
  host.start();
  Peer refused = host.connect();
  CHECK(refused.wait_end() == End::reset);
  const Server backend(MailHost::kAddress, host.private_port, greeting("back"));
  CHECK(eventually([&] { return host.connect().receive_line() == "back"; }));
  const auto port = host.daemon().status().port(std::to_string(host.port));
  CHECK(port.failed >= 1);
  CHECK(port.backends.at(0).state == "up");
}

TEST_CASE("a backend is down until it answers, which the daemon finds out by itself",
          "[backend_refused]") {
  MailHost host;
  host.run("mail", "web.2", "127.0.0.3");
  const Server second("127.0.0.3", host.private_port, greeting("second"));
  host.start();
  const auto state_of_first = [&] {
    return host.daemon().status().port(std::to_string(host.port)).backends.at(0).state;
  };
  CHECK(host.connect().receive_line() == "second");
  CHECK(host.connect().receive_line() == "second");
  CHECK(state_of_first() == "down");
  const Server first(MailHost::kAddress, host.private_port, greeting("first"));
  CHECK(eventually([&] { return state_of_first() == "up"; }));
  CHECK(eventually([&] { return first.accepted() == 1; }));  // by no client
  CHECK(host.daemon().log().find("backend-back container=web.1") != std::string::npos);
}

TEST_CASE("a mapping without any container resets its clients", "[backend_refused]") {
  Host host;
  const auto port = free_port();
  host.ports("mail", std::to_string(port) + ":5025\n");
  host.start();
  CHECK(connect_to(port).wait_end() == End::reset);
  CHECK(host.daemon().status().port(std::to_string(port)).refused == 1);
}
