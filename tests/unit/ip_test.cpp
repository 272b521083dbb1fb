#include "base/ip.h"

#include "catch.h"

using namespace netports;

namespace {

/// The network that `text` names, as it is written back; "none" when it names none.
std::string network(std::string_view text) {
  const auto cidr = Cidr::parse(text);
  return cidr ? cidr->text() : "none";
}

bool lies_within(std::string_view inner, std::string_view outer) {
  return Cidr::parse(outer)->contains(*Cidr::parse(inner));
}

}  // namespace

TEST_CASE("Cidr::parse reads networks, and addresses as networks of one", "[ip]") {
  CHECK(network("10.0.0.0/8") == "10.0.0.0/8");
  CHECK(network("0.0.0.0/0") == "0.0.0.0/0");
  CHECK(network("10.0.0.1") == "10.0.0.1/32");
  CHECK(network("2001:db8::/32") == "2001:db8::/32");
  CHECK(network("::1") == "::1/128");
  for (const auto* wrong : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
                            "10.0.0/8", "::/129", "localhost/8"}) {
    CAPTURE(wrong);
    CHECK(network(wrong) == "none");
  }
}

// Its prefix was taken for one of IPv4: /8 let all of 10.0.0.0/8 in, and the right one was refused.
TEST_CASE("Cidr::parse counts the prefix of an IPv4-mapped network from its 96th bit", "[ip]") {
  CHECK(network("::ffff:10.0.0.0/104") == "10.0.0.0/8");
  CHECK(network("::ffff:0:0/96") == "0.0.0.0/0");
  CHECK(network("::FFFF:0a00:0001/128") == "10.0.0.1/32");
  CHECK(network("::ffff:10.0.0.1") == "10.0.0.1/32");
  for (const auto* wrong : {"::ffff:10.0.0.0/0", "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/32",
                            "::ffff:10.0.0.0/95", "::ffff:10.0.0.0/129"}) {
    CAPTURE(wrong);
    CHECK(network(wrong) == "none");
  }
}

TEST_CASE("Cidr::contains knows addresses and whole networks", "[ip]") {
  const auto network = *Cidr::parse("10.32.0.0/11");
  CHECK(network.contains(*IpAddress::parse("10.63.255.255")));
  CHECK(network.contains(*IpAddress::parse("::ffff:10.32.0.1")));
  CHECK_FALSE(network.contains(*IpAddress::parse("10.64.0.0")));
  CHECK_FALSE(Cidr::parse("::/0")->contains(*IpAddress::parse("10.32.0.1")));

  CHECK(lies_within("10.0.0.0/8", "10.0.0.0/8"));
  CHECK(lies_within("10.1.0.0/16", "10.0.0.0/8"));
  CHECK(lies_within("2001:db8::1", "::/0"));
  CHECK_FALSE(lies_within("10.0.0.0/8", "10.0.0.0/9"));
  CHECK_FALSE(lies_within("11.0.0.0/16", "10.0.0.0/8"));
  CHECK_FALSE(lies_within("10.0.0.0/8", "::/0"));
}

TEST_CASE("IpAddress::is_loopback knows 127.0.0.0/8 and ::1", "[ip]") {
  for (const auto* loopback : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(loopback);
    CHECK(IpAddress::parse(loopback)->is_loopback());
  }
  for (const auto* other : {"0.0.0.0", "126.0.0.1", "128.0.0.1", "::", "::2", "1::1", "7f00::1"}) {
    CAPTURE(other);
    CHECK_FALSE(IpAddress::parse(other)->is_loopback());
  }
}
