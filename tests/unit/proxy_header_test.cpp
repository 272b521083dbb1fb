#include "forwarder/proxy_header.h"

#include "catch.h"

using namespace netports;

namespace {

PeerAddress peer(const char* ip, std::uint16_t port) { return {*IpAddress::parse(ip), port}; }

using State = ParsedProxyHeader::State;

}  // namespace

TEST_CASE("proxy_header writes version 1 as the specification shows it", "[proxy]") {
  CHECK(proxy_header(ProxyHeader::v1, peer("203.0.113.7", 40112), peer("192.0.2.1", 25)) ==
        "PROXY TCP4 203.0.113.7 192.0.2.1 40112 25\r\n");
  CHECK(proxy_header(ProxyHeader::v1, peer("2001:db8::7", 1), peer("2001:db8::1", 65535)) ==
        "PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n");
  CHECK(proxy_header(ProxyHeader::none, peer("203.0.113.7", 1), peer("192.0.2.1", 2)).empty());
}

TEST_CASE("proxy_header writes version 2 byte for byte", "[proxy]") {
  const std::string expected(
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\x02\x01\x9c\xb0\0\x19", 28);
  CHECK(proxy_header(ProxyHeader::v2, peer("203.0.113.7", 40112), peer("192.0.2.1", 25)) ==
        expected);
}

TEST_CASE("parse_proxy_header reads back what proxy_header writes", "[proxy]") {
  for (const auto version : {ProxyHeader::v1, ProxyHeader::v2}) {
    for (const char* ip : {"203.0.113.7", "2001:db8::7"}) {
      const auto source = peer(ip, 40112);
      const std::string header = proxy_header(version, source, peer("2001:db8::1", 25));
      const auto parsed = parse_proxy_header(header + "EHLO");
      REQUIRE(parsed.state == State::valid);
      CHECK(parsed.length == header.size());
      CHECK(parsed.source == source);
      for (std::size_t cut = 0; cut < header.size(); ++cut) {
        CHECK(parse_proxy_header(std::string_view(header).substr(0, cut)).state ==
              State::incomplete);
      }
    }
  }
}

TEST_CASE("parse_proxy_header takes a front that speaks for itself", "[proxy]") {
  const auto unknown = parse_proxy_header("PROXY UNKNOWN\r\n");
  CHECK(unknown.state == State::valid);
  CHECK_FALSE(unknown.source);
  const auto local = parse_proxy_header(std::string_view("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16));
  CHECK(local.state == State::valid);
  CHECK_FALSE(local.source);
}

TEST_CASE("parse_proxy_header refuses what is no header", "[proxy]") {
  for (const std::string& wrong :
       {std::string("EHLO mail\r\n"), std::string("PROXY TCP4 203.0.113.7 192.0.2.1 40112\r\n"),
        std::string("PROXY TCP4 2001:db8::7 192.0.2.1 1 2\r\n"),
        std::string("PROXY TCP4 203.0.113.7 192.0.2.1 70000 25\r\n"),
        std::string("PROXY TCP4 ") + std::string(200, 'x'),
        std::string("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c", 16),
        std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16),
        std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x02xx", 18)}) {
    CHECK(parse_proxy_header(wrong).state == State::invalid);
  }
}
