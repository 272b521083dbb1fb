#include "ports/mapping.h"

#include <fmt/core.h>

#include "catch.h"
#include "ports/options.h"

using namespace netports;

namespace {

/// What parse_ports says about `text`: the message of its error, empty when it takes it.
std::string refusal(std::string_view text) {
  try {
    (void)parse_ports(text, "PORTS");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string normal(std::string_view text) { return ports_text(parse_ports(text, "PORTS")); }

}  // namespace

TEST_CASE("parse_ports reads the old plugin's files", "[ports]") {
  const auto mappings = parse_ports("25:5025\n143:5143\n", "PORTS");
  REQUIRE(mappings.size() == 2);
  CHECK(mappings[0].listen.port == 25);
  CHECK_FALSE(mappings[0].listen.ip);
  CHECK(mappings[0].private_port == 5025);
  CHECK(mappings[0].process == "web");
  CHECK(mappings[1].text() == "143:5143");
}

TEST_CASE("parse_ports lets comments, blank lines, CRLF and a missing last newline pass",
          "[ports]") {
  CHECK(normal("") == "");
  CHECK(normal("\n \n\t\n") == "");
  CHECK(normal("# mail\r\n\r\n  25:5025\t\r\n#26:5026\n143:5143") == "25:5025\n143:5143\n");
  CHECK(normal("25:5025\r") == "25:5025\n");
  CHECK(normal("25:5025 # smtp") == "25:5025\n");
  CHECK(normal("25:5025 process=mail #\xff\x01") == "25:5025 process=mail\n");
}

TEST_CASE("parse_ports spreads ranges of equal length", "[ports]") {
  CHECK(normal("6000-6002:7000-7002 process=ftp") ==
        "6000:7000 process=ftp\n6001:7001 process=ftp\n6002:7002 process=ftp\n");
  CHECK(normal("6000-6000:7000") == "6000:7000\n");
  CHECK(normal("65534-65535:1-2") == "65534:1\n65535:2\n");
  CHECK(refusal("6000-6010:6000-6009") ==
        "PORTS:1:1: Ranges of \"6000-6010:6000-6009\" are not of equal length");
  CHECK(refusal("6000-6010:6000") ==
        "PORTS:1:1: Ranges of \"6000-6010:6000\" are not of equal length");
  CHECK(refusal("6010-6000:6000-6010") == "PORTS:1:1: Range \"6010-6000\" ends before it begins");
  CHECK(refusal("6000-:6000") == "PORTS:1:6: \"\" is not a public port (1 to 65535)");
  CHECK(refusal("1-2-3:1-3") == "PORTS:1:3: \"2-3\" is not a public port (1 to 65535)");
}

TEST_CASE("parse_ports reads addresses to listen on", "[ports]") {
  CHECK(normal("[2001:db8::1]:2525:5025\n10.0.0.1:25-26:5025-5026") ==
        "[2001:db8::1]:2525:5025\n10.0.0.1:25:5025\n10.0.0.1:26:5026\n");
  CHECK(normal("[2001:DB8:0::1]:25:1") == "[2001:db8::1]:25:1\n");
  CHECK(normal("[::ffff:10.0.0.1]:25:1") == "10.0.0.1:25:1\n");
  CHECK(refusal("2001:db8::1:2525:5025") ==
        "PORTS:1:1: \"2001:db8::1:2525:5025\" is not public:private (IPv6 addresses stand in [])");
  CHECK(refusal("[10.0.0.1]:25:1") == "PORTS:1:2: \"10.0.0.1\" is not an IPv6 address");
  CHECK(refusal("[fe80::1%eth0]:25:1") == "PORTS:1:2: \"fe80::1%eth0\" is not an IPv6 address");
  CHECK(refusal("10.0.0.256:25:1") == "PORTS:1:1: \"10.0.0.256\" is not an IPv4 address");
  CHECK(refusal("010.0.0.1:25:1") == "PORTS:1:1: \"010.0.0.1\" is not an IPv4 address");
  CHECK(refusal("localhost:25:1") == "PORTS:1:1: \"localhost\" is not an IPv4 address");
  CHECK(refusal(":25:1") == "PORTS:1:1: \"\" is not an IPv4 address");
  CHECK(refusal("[::1:25:1") == "PORTS:1:1: \"[::1:25:1\" is not [address]:public:private");
  CHECK(refusal("[::1]25:1") == "PORTS:1:1: \"[::1]25:1\" is not [address]:public:private");
  CHECK(refusal("[]:25:1") == "PORTS:1:2: \"\" is not an IPv6 address");
  CHECK(refusal("[") == "PORTS:1:1: \"[\" is not [address]:public:private");
  CHECK(refusal("10.0.0.1:25") == "PORTS:1:1: \"10.0.0.1\" is not a public port (1 to 65535)");
}

// The old plugin took 65536 and died of it, and looked up foo:5025 as a file.
TEST_CASE("parse_ports refuses what is not two ports", "[ports]") {
  CHECK(refusal("foo:5025") == "PORTS:1:1: \"foo\" is not a public port (1 to 65535)");
  CHECK(refusal("25:foo") == "PORTS:1:4: \"foo\" is not a private port (1 to 65535)");
  CHECK(refusal("\n\n  25") == "PORTS:3:3: \"25\" is not public:private");
  CHECK(refusal("25:") == "PORTS:1:4: \"\" is not a private port (1 to 65535)");
  CHECK(refusal(":25") == "PORTS:1:1: \"\" is not a public port (1 to 65535)");
  for (const auto* wrong : {"0", "65536", "99999999999999999999", "025", "+25", "-25", "0x19",
                            "2 5", "25/udp", "25\v", "\xd9\xa2"}) {
    CAPTURE(wrong);
    CHECK(refusal(fmt::format("{}:5025", wrong)) != "");
    CHECK(refusal(fmt::format("25:{}", wrong)) != "");
  }
  CHECK(refusal("25:0") == "PORTS:1:4: \"0\" is not a private port (1 to 65535)");
  CHECK(refusal("25 :5025") == "PORTS:1:1: \"25\" is not public:private");
  CHECK(refusal("25:5025,143:5143") != "");
}

TEST_CASE("parse_ports shows hostile bytes as hex and takes no NUL", "[ports]") {
  CHECK(refusal("\x1b[2J:25") == "PORTS:1:1: \"\\x1b[2J\" is not a public port (1 to 65535)");
  CHECK(refusal("25:50\r25") == "PORTS:1:4: \"50\\x0d25\" is not a private port (1 to 65535)");
  using namespace std::string_view_literals;
  CHECK(refusal("25:5025\0\n"sv) == "PORTS:1:8: NUL byte");
  CHECK(refusal("# \0\n"sv) == "PORTS:1:3: NUL byte");
  CHECK(refusal(std::string(5000, 'x')).size() < 300);
}

// In the old plugin the second word reached docker's command line.
TEST_CASE("parse_ports refuses words that are no options", "[ports]") {
  CHECK(refusal("25:5025 --privileged") ==
        "PORTS:1:9: \"--privileged\" is not an option (key=value)");
  CHECK(refusal("25:5025 $(reboot)") == "PORTS:1:9: \"$(reboot)\" is not an option (key=value)");
  CHECK(refusal("25:5025 --volume=/:/host") == "PORTS:1:9: Option \"--volume\" is unknown");
  CHECK(refusal("25:5025 =x") == "PORTS:1:9: \"=x\" is not an option (key=value)");
  CHECK(refusal("25:5025\t \tcolour=red") == "PORTS:1:11: Option \"colour\" is unknown");
}

TEST_CASE("parse_ports reads the process type", "[ports]") {
  CHECK(normal("993:5993 process=imap") == "993:5993 process=imap\n");
  CHECK(normal("993:5993 process=web") == "993:5993\n");
  for (const auto* good : {"a", "9", "web_2", "Imap-Proxy"}) {
    CHECK(parse_ports(fmt::format("1:1 process={}", good), "PORTS")[0].process == good);
  }
  for (const auto* wrong : {"", "-a", "_a", "a.b", "a/b", "a*", "../web", "caf\xc3\xa9"}) {
    CAPTURE(wrong);
    CHECK(refusal(fmt::format("1:1 process={}", wrong)) ==
          fmt::format("PORTS:1:13: \"{}\" is not a process type", wrong));
  }
  CHECK(refusal("1:1 process=" + std::string(64, 'a')) != "");
  CHECK(refusal("1:1 process=a process=b") == "PORTS:1:15: Option \"process\" stands twice");
}

TEST_CASE("parse_ports names the network that is none", "[ports]") {
  CHECK(normal("1:1 allow=::ffff:10.0.0.0/104") == "1:1 allow=10.0.0.0/8\n");
  CHECK(refusal("1:1 allow=::1,::ffff:10.0.0.0/8") ==
        "PORTS:1:15: \"::ffff:10.0.0.0/8\" is not an address or network (10.0.0.0/8)");
}

// Such a port listened and closed every connection, which looked like a fault of the app.
TEST_CASE("parse_ports refuses allow and deny that leave nobody", "[ports]") {
  CHECK(refusal("1:1\n2:2 allow=10.1.0.0/16,::1 deny=10.0.0.0/8,::/64") ==
        "PORTS:2:32: Options \"allow\" and \"deny\" leave no client");
  CHECK(refusal("1:1 deny=10.0.0.0/8 max-rate=5 allow=10.0.0.1") ==
        "PORTS:1:38: Options \"allow\" and \"deny\" leave no client");
  CHECK(refusal("1:1 deny=::/0,0.0.0.0/0") == "PORTS:1:10: Option \"deny\" leaves no client");
  CHECK(refusal("1:1 deny=0.0.0.0/1,::/0,128.0.0.0/2,192.0.0.0/2") ==
        "PORTS:1:10: Option \"deny\" leaves no client");
  CHECK(refusal("1:1 deny=10.0.0.0/9,10.128.0.1/9 allow=10.0.0.0/8") ==
        "PORTS:1:40: Options \"allow\" and \"deny\" leave no client");
  CHECK(refusal("1:1 deny=::ffff:0:0/96,::/0") == "PORTS:1:10: Option \"deny\" leaves no client");
  for (const auto* good :
       {"deny=0.0.0.0/0", "deny=::/0", "allow=::/0 deny=0.0.0.0/0", "allow=10.0.0.0/8",
        "allow=10.0.0.0/8 deny=10.1.0.0/16", "deny=0.0.0.0/1,128.0.0.0/2,192.0.0.1/3,::/0",
        "allow=10.0.0.0/8 deny=10.0.0.0/9,10.128.0.0/10",
        "allow=10.0.0.1,10.0.1.1 deny=10.0.0.0/24"}) {
    CAPTURE(good);
    CHECK(refusal(fmt::format("1:1 {}", good)) == "");
  }
}

TEST_CASE("parse_ports finds the same public port twice", "[ports]") {
  CHECK(refusal("25:5025\n# two\n25:5026") ==
        "PORTS:3:1: Public port 25 is taken by line 1 already");
  CHECK(refusal("20-30:20-30\n25:5026") == "PORTS:2:1: Public port 25 is taken by line 1 already");
  CHECK(refusal("25:1\n10.0.0.1:25:1") ==
        "PORTS:2:1: Public port 10.0.0.1:25 is taken by line 1 already");
  CHECK(refusal("[::]:25:1\n[2001:db8::1]:25:1") != "");
  CHECK(refusal("[::]:25:1\n10.0.0.1:25:1") == "");
  CHECK(refusal("10.0.0.1:25:1\n10.0.0.2:25:1") == "");
}

TEST_CASE("parse_ports is bounded in bytes and ports", "[ports]") {
  CHECK(refusal(std::string(kMaxPortsFileBytes, '#')) == "");
  CHECK(refusal(std::string(kMaxPortsFileBytes + 1, '#')) ==
        "PORTS: It is larger than 65536 bytes");
  CHECK(parse_ports("1-1024:1-1024", "PORTS").size() == kMaxMappingsPerApp);
  CHECK(refusal("1-1024:1-1024\n1025:1") == "PORTS:2:1: More than 1024 public ports");
  CHECK(refusal("1-65535:1-65535") == "PORTS:1:1: More than 1024 public ports");
}

TEST_CASE("parse_ports names the source and the first wrong line", "[ports]") {
  try {
    (void)parse_ports("1:1\nx\ny\n", "mail/PORTS");
    FAIL("taken");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "mail/PORTS:2:1: \"x\" is not public:private");
  }
}

TEST_CASE("ListenAddress::parse reads what text writes", "[ports]") {
  for (const auto* good : {"25", "10.0.0.1:25", "[2001:db8::1]:25", "0.0.0.0:1", "[::]:65535"}) {
    const auto listen = ListenAddress::parse(good);
    REQUIRE(listen);
    CHECK(listen->text() == good);
  }
  for (const auto* wrong : {"", ":", "0", "65536", "::1:25", "[::1]25", "[10.0.0.1]:25", "a:25",
                            "10.0.0.1:", ":25", "[]:25"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ListenAddress::parse(wrong));
  }
}

TEST_CASE("ListenAddress::overlaps knows that all addresses contain each", "[ports]") {
  const auto overlap = [](const char* a, const char* b) {
    const auto first = *ListenAddress::parse(a);
    const auto second = *ListenAddress::parse(b);
    CHECK(first.overlaps(second) == second.overlaps(first));
    return first.overlaps(second);
  };
  CHECK(overlap("25", "25"));
  CHECK(overlap("25", "10.0.0.1:25"));
  CHECK(overlap("0.0.0.0:25", "10.0.0.1:25"));
  CHECK(overlap("[::]:25", "[::1]:25"));
  CHECK_FALSE(overlap("25", "26"));
  CHECK_FALSE(overlap("0.0.0.0:25", "[::]:25"));
  CHECK_FALSE(overlap("10.0.0.1:25", "10.0.0.2:25"));
  CHECK_FALSE(overlap("[::]:25", "10.0.0.1:25"));
}
