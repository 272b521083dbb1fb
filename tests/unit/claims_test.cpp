#include "ports/claims.h"

#include <functional>
#include <map>

#include "base/file.h"
#include "catch.h"
#include "temp_directory.h"

using namespace netports;

namespace {

std::string refusal(const std::function<void()>& action) {
  try {
    action();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<PortMapping> mappings(const std::string& text) { return parse_ports(text, "PORTS"); }

struct Host {
  test::TempDirectory temp;
  PortStore store{temp.directory("root"), temp.directory("properties")};

  void write(const std::string& name, const std::string& text) const {
    write_file(temp.file(name), text, 0644);
  }
  [[nodiscard]] std::string conflict(const std::string& app, const std::string& text) const {
    return refusal([&] { check_unclaimed(store, app, mappings(text)); });
  }
};

}  // namespace

TEST_CASE("AllowedPorts::parse reads ports and ranges", "[ports]") {
  const auto allowed = AllowedPorts::parse("25, 1000-1002,65535");
  for (const auto& [port, good] : std::map<std::uint16_t, bool>{{25, true},
                                                                {1000, true},
                                                                {1001, true},
                                                                {1002, true},
                                                                {65535, true},
                                                                {1, false},
                                                                {24, false},
                                                                {26, false},
                                                                {999, false},
                                                                {1003, false},
                                                                {65534, false}}) {
    CAPTURE(port);
    CHECK(allowed.allows(port) == good);
  }
  CHECK_FALSE(AllowedPorts::parse("none").allows(25));
  for (const auto* wrong : {"", ",", "0", "65536", "5-1", "1-5-6", "a", "1;2", "-5", "5-", "all"}) {
    CAPTURE(wrong);
    CHECK(refusal([&] { (void)AllowedPorts::parse(wrong); }) != "");
  }
}

TEST_CASE("AllowedPorts::kDefault leaves out 22, 80 and 443 only", "[ports]") {
  const auto allowed = AllowedPorts::parse(AllowedPorts::kDefault);
  for (unsigned port = 1; port <= 65535; ++port) {
    const bool kept = port == 22 || port == 80 || port == 443;
    if (allowed.allows(static_cast<std::uint16_t>(port)) == kept) FAIL(port);
  }
}

TEST_CASE("check_allowed names the port and the property", "[ports]") {
  CHECK(refusal([] { check_allowed("mail", mappings("25:1\n22:1"), AllowedPorts::kDefault); }) ==
        "Public port 22 is not allowed for app mail: Property allowed-ports is "
        "1-21,23-79,81-442,444-65535");
  CHECK(refusal([] { check_allowed("mail", mappings("25:1"), "25"); }) == "");
  CHECK(refusal([] { check_allowed("mail", mappings("25:1"), "x\x1b"); }) ==
        "Unable to use property allowed-ports of app mail: \"x\\x1b\" is not a port or a range of "
        "ports (1 to 65535)");
}

TEST_CASE("refused_by gives what the list leaves out, in order", "[ports]") {
  const auto wanted = mappings("25:1\n443:1\n10.0.0.1:22:1\n79-81:1-3");
  CHECK(public_ports_text(refused_by(AllowedPorts::kDefault, wanted)) == "443, 10.0.0.1:22, 80");
  CHECK(public_ports_text(refused_by("22,79-443", wanted)) == "25");
  CHECK(public_ports_text(refused_by("none", mappings("25:1"))) == "25");
  CHECK(refusal([&] { (void)refused_by("x", wanted); }) != "");
}

// In the old plugin the last answer of docker decided who got a port.
TEST_CASE("check_unclaimed finds released, staged and kept claims of other apps", "[ports]") {
  const Host host;
  host.write("root/mail/PORTS", "25:5025\n");
  host.write("root/mail/PORTS.staged", "26:5025\n");
  host.write("root/kept/PORTS", "30:5025\n");
  host.write("properties/kept/mappings", "31:5025\n");
  host.write("root/none/PORTS", "32:5025\n");
  host.write("properties/none/mappings", "");
  host.write("root/broken/PORTS", "33:5025\nx\n");
  host.write("properties/gone/mappings", "34:5025\n");
  CHECK(host.conflict("other", "25:1") == "Public port 25 is taken by app mail");
  CHECK(host.conflict("other", "26:1") == "Public port 26 is taken by app mail");
  CHECK(host.conflict("other", "1:1\n10.0.0.1:31:1") ==
        "Public port 10.0.0.1:31 is taken by app kept");
  CHECK(host.conflict("other", "30:1\n32:1\n33:1\n34:1") == "");
  CHECK(host.conflict("mail", "25:1\n26:1") == "");
  CHECK(host.conflict("mai", "25:1") != "");
  CHECK(host.conflict("other", "") == "");
}

TEST_CASE("public_ports_text draws runs together", "[ports]") {
  CHECK(public_ports_text(mappings("25:1\n143:2")) == "25, 143");
  CHECK(public_ports_text(mappings("6000-6010:1-11\n25:1")) == "6000-6010, 25");
  CHECK(public_ports_text(mappings("1:1\n2:2\n10.0.0.1:3:3")) == "1, 2, 10.0.0.1:3");
  CHECK(public_ports_text({}) == "");
}

TEST_CASE("not_free_text puts the app behind the port", "[ports]") {
  CHECK(not_free_text("mail", "25 Address already in use") ==
        "Public port 25 of app mail is not free yet: Address already in use");
  CHECK(not_free_text("mail", "25") == "Public port 25 of app mail is not free yet:");
}
