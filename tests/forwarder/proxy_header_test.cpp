// The PROXY protocol: who the client is reaches the backend before the client's first byte, and a
// trusted front is believed, nobody else.
#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// Answers everything it gets, then ends.
void repeat_all(Peer& peer) {
  const std::string all = peer.receive_all();
  peer.send(all);
}

void use(const MailHost& host, const std::string& options) {
  host.ports("mail", std::to_string(host.port) + ":" + std::to_string(host.private_port) + " " +
                         options + "\n");
}

std::string answer_to(Peer& client, const std::string& bytes) {
  client.send(bytes);
  client.half_close();
  return client.receive_all();
}

}  // namespace

TEST_CASE("v1 names client and public address before the client's bytes", "[proxy_header]") {
  MailHost host;
  use(host, "proxy-protocol=v1");
  const Server backend(MailHost::kAddress, host.private_port, repeat_all);
  host.start();
  const bool v6 = GENERATE(false, true);
  Peer client = connect_to(host.port, v6 ? "::1" : "127.0.0.1");
  const std::string ports =
      std::to_string(client.local_port()) + " " + std::to_string(host.port) + "\r\n";
  CHECK(answer_to(client, "hello") ==
        (v6 ? "PROXY TCP6 ::1 ::1 " : "PROXY TCP4 127.0.0.1 127.0.0.1 ") + ports + "hello");
}

TEST_CASE("v2 is 28 bytes for IPv4 and 52 for IPv6", "[proxy_header]") {
  MailHost host;
  use(host, "proxy-protocol=v2");
  const Server backend(MailHost::kAddress, host.private_port, repeat_all);
  host.start();
  const std::string signature("\r\n\r\n\0\r\nQUIT\n\x21", 13);
  const auto port_bytes = [](std::uint16_t port) {
    return std::string{static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
  };
  Peer four = connect_to(host.port);
  const std::string ports_four = port_bytes(four.local_port()) + port_bytes(host.port);
  CHECK(answer_to(four, "hello") == signature + std::string("\x11\0\x0c", 3) +
                                        std::string("\x7f\0\0\x01\x7f\0\0\x01", 8) + ports_four +
                                        "hello");
  Peer six = connect_to(host.port, "::1");
  const std::string ports_six = port_bytes(six.local_port()) + port_bytes(host.port);
  const std::string one = std::string(15, '\0') + '\x01';
  CHECK(answer_to(six, "hello") ==
        signature + std::string("\x21\0\x24", 3) + one + one + ports_six + "hello");
}

TEST_CASE("the header is there in one piece, whatever the client sends with it", "[proxy_header]") {
  MailHost host;
  const bool v1 = GENERATE(true, false);
  use(host, v1 ? "proxy-protocol=v1" : "proxy-protocol=v2");
  const netports::UniqueFd listening = listen_at(MailHost::kAddress, host.private_port);
  host.start();
  for (const std::size_t early : {0U, 1U, 100'000U}) {
    CAPTURE(v1, early);
    Peer client = host.connect();
    if (early > 0) CHECK(client.send(std::string(early, 'x')));
    const Peer backend = accept_from(listening);
    REQUIRE(eventually([&] { return backend.readable(); }));
    char bytes[512];
    const ssize_t got = ::recv(backend.fd(), bytes, sizeof bytes, 0);
    REQUIRE(got > 0);
    const std::string_view first(bytes, static_cast<std::size_t>(got));
    const std::string header = "PROXY TCP4 127.0.0.1 127.0.0.1 " +
                               std::to_string(client.local_port()) + " " +
                               std::to_string(host.port) + "\r\n";
    if (v1) {
      CHECK(first.starts_with(header));
    } else {
      CHECK(first.size() >= 28);
    }
  }
}

TEST_CASE("a server that speaks first is told who the client is too", "[proxy_header]") {
  MailHost host;
  use(host, "proxy-protocol=v1");
  const Server backend(MailHost::kAddress, host.private_port, [](Peer& peer) {
    const std::string header = peer.receive_line();
    peer.send("220 " + header + "\n");
  });
  host.start();
  Peer client = host.connect();
  CHECK(client.receive_line().starts_with("220 PROXY TCP4 127.0.0.1 "));
}

TEST_CASE("the backend that takes over from one that refuses gets the header whole",
          "[proxy_header]") {
  MailHost host;
  use(host, "proxy-protocol=v1");
  host.run("mail", "web.2", "127.0.0.3");
  const Server second("127.0.0.3", host.private_port, repeat_all);
  host.start();
  for (int i = 0; i < 4; ++i) {
    Peer client = host.connect();
    const std::string ports =
        std::to_string(client.local_port()) + " " + std::to_string(host.port) + "\r\n";
    CHECK(answer_to(client, "hello") == "PROXY TCP4 127.0.0.1 127.0.0.1 " + ports + "hello");
  }
}

TEST_CASE("a trusted front's word is passed on and decides who is let in", "[proxy_header]") {
  MailHost host;
  use(host, "accept-proxy=127.0.0.0/8 proxy-protocol=v1 deny=192.0.2.66");
  const Server backend(MailHost::kAddress, host.private_port, repeat_all);
  host.start();
  const std::string destination = " 127.0.0.1 7000 " + std::to_string(host.port) + "\r\n";
  Peer named = host.connect();
  // A header may come in pieces, and the rest of a piece is the client's own.
  const std::string header = "PROXY TCP4 192.0.2.1 203.0.113.1 7000 25\r\n";
  for (const char c : header.substr(0, 20)) named.send(std::string(1, c));
  CHECK(answer_to(named, header.substr(20) + "hello") ==
        "PROXY TCP4 192.0.2.1" + destination + "hello");
  Peer six = host.connect();
  CHECK(answer_to(six, "PROXY TCP6 2001:db8::1 2001:db8::2 7000 25\r\n!") ==
        "PROXY TCP6 2001:db8::1 ::ffff:127.0.0.1 7000 " + std::to_string(host.port) + "\r\n!");
  Peer second_version = host.connect();
  CHECK(answer_to(second_version,
                  std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x7f\0\0\x01", 24) +
                      std::string("\x1b\x58\0\x19", 4) + "hello") ==
        "PROXY TCP4 192.0.2.7" + destination + "hello");
  Peer denied = host.connect();
  denied.send("PROXY TCP4 192.0.2.66 203.0.113.1 7000 25\r\nhello");
  CHECK(denied.wait_end() == End::reset);
}

TEST_CASE("a front that owes a header and sends something else is reset", "[proxy_header]") {
  MailHost host;
  use(host, "accept-proxy=127.0.0.0/8 connect-timeout=500ms");
  const Server backend(MailHost::kAddress, host.private_port, repeat_all);
  host.start();
  const std::string bytes = GENERATE(
      std::string("EHLO example.org\r\n"), std::string("PROXY \r\n"),
      std::string("PROXY TCP4 192.0.2.1 203.0.113.1 70000 25\r\n"),
      std::string("PROXY TCP4 2001:db8::1 2001:db8::1 70 25\r\n"), "PROXY " + std::string(300, 'x'),
      std::string("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c", 16),
      std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16), std::string("PROXY TCP4 192.0.2.1"),
      std::string());  // the last two never go on
  CAPTURE(bytes);
  Peer front = host.connect();
  front.send(bytes);
  CHECK(front.wait_end() == End::reset);
  CHECK(backend.accepted() == 0);
  CHECK(host.daemon().status().port(std::to_string(host.port)).reasons["bad_greeting"] == 1);
}

TEST_CASE("a client that is no trusted front is not believed", "[proxy_header]") {
  MailHost host;
  use(host, "accept-proxy=192.0.2.0/24");
  const Server backend(MailHost::kAddress, host.private_port, repeat_all);
  host.start();
  Peer client = host.connect();
  const std::string forged = "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n";
  CHECK(answer_to(client, forged) == forged);
}
