// Public ports on IPv6, on both families at once, and on one address only.
#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("a public port without an address answers on IPv4 and IPv6", "[ipv6]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start();
  CHECK(connect_to(host.port, "127.0.0.1").receive_line() == "v1");
  CHECK(connect_to(host.port, "::1").receive_line() == "v1");
}

TEST_CASE("an address in front is the only one listened on", "[ipv6]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  const auto ports = std::to_string(host.port) + ":" + std::to_string(host.private_port) + "\n";
  SECTION("IPv6") {
    host.ports("mail", "[::1]:" + ports);
    host.start();
    CHECK(connect_to(host.port, "::1").receive_line() == "v1");
    CHECK_FALSE(try_connect_to(host.port, "127.0.0.1"));
  }
  SECTION("IPv4") {
    host.ports("mail", "127.0.0.1:" + ports);
    host.start();
    CHECK(connect_to(host.port, "127.0.0.1").receive_line() == "v1");
    CHECK_FALSE(try_connect_to(host.port, "::1"));
    CHECK_FALSE(try_connect_to(host.port, "127.0.0.9"));
  }
  SECTION("all of IPv6, and nothing of IPv4") {
    host.ports("mail", "[::]:" + ports);
    host.start();
    CHECK(connect_to(host.port, "::1").receive_line() == "v1");
    CHECK_FALSE(try_connect_to(host.port, "127.0.0.1"));
  }
}

TEST_CASE("one port may lead elsewhere on IPv4 than on IPv6", "[ipv6]") {
  MailHost host;
  const auto second = free_port();
  const Server backend(MailHost::kAddress, host.private_port, greeting("four"));
  const Server other(MailHost::kAddress, second, greeting("six"));
  const auto port = std::to_string(host.port);
  host.ports("mail", "0.0.0.0:" + port + ":" + std::to_string(host.private_port) +
                         "\n[::]:" + port + ":" + std::to_string(second) + "\n");
  host.start();
  CHECK(connect_to(host.port, "127.0.0.1").receive_line() == "four");
  CHECK(connect_to(host.port, "::1").receive_line() == "six");
}

TEST_CASE("a container with an IPv6 address only is reached", "[ipv6]") {
  MailHost host;
  const auto inspect = R"({"Id":")" + host.id +
                       R"(","State":{"Status":"running"},)"
                       R"("HostConfig":{"NetworkMode":"six"},"NetworkSettings":{"Networks":)"
                       R"({"six":{"IPAddress":"","GlobalIPv6Address":"::1"}}}})";
  auto list = inspect;
  list.replace(list.find(R"({"Status":"running"})"), 20, R"("running")");
  host.engine.run_as(host.id, list, inspect);
  const Server backend("::1", host.private_port, greeting("six"));
  host.start();
  CHECK(host.connect().receive_line() == "six");
}
