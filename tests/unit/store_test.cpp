#include "ports/store.h"

#include <sys/stat.h>

#include "catch.h"
#include "temp_directory.h"

using namespace netports;

namespace {

struct Host {
  test::TempDirectory temp;
  PortStore store{temp.directory("root"), temp.directory("properties")};

  void write(const std::string& name, const std::string& text) const {
    write_file(temp.file(name), text, 0644);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return is_regular_file(temp.path() + "/" + name);
  }
};

}  // namespace

TEST_CASE("PortStore::active reads the released file", "[ports]") {
  const Host host;
  host.write("root/mail/PORTS", "25:5025");
  const auto ports = host.store.active("mail");
  CHECK(ports.source == AppPorts::Source::file);
  CHECK(ports_text(ports.mappings) == "25:5025\n");
  CHECK(host.store.active("nosuch").source == AppPorts::Source::none);
}

TEST_CASE("PortStore::active prefers the property, also an empty one", "[ports]") {
  const Host host;
  host.write("root/mail/PORTS", "25:5025");
  host.write("properties/mail/mappings", "26:5026\n");
  CHECK(host.store.active("mail").source == AppPorts::Source::property);
  CHECK(ports_text(host.store.active("mail").mappings) == "26:5026\n");
  host.write("properties/mail/mappings", "");
  CHECK(host.store.active("mail").source == AppPorts::Source::property);
  CHECK(host.store.active("mail").mappings.empty());
  CHECK(ports_text(host.store.released("mail").mappings) == "25:5025\n");
}

// The old plugin followed a symlink, and a FIFO would have held it up for ever.
TEST_CASE("PortStore refuses a symlink, a directory and a FIFO", "[ports]") {
  const Host host;
  host.write("elsewhere", "22:22");
  (void)host.temp.directory("root/link");
  std::filesystem::create_symlink(host.temp.path() + "/elsewhere",
                                  host.temp.file("root/link/PORTS"));
  (void)host.temp.directory("root/dir/PORTS");
  REQUIRE(::mkfifo(host.temp.file("root/fifo/PORTS").c_str(), 0644) == 0);
  for (const auto* app : {"link", "dir", "fifo"}) {
    const auto ports = host.store.active(app);
    CHECK(ports.mappings.empty());
    CHECK(ports.problem.starts_with("Unable to read " + host.temp.path()));
  }
}

TEST_CASE("PortStore keeps a wrong file's reason", "[ports]") {
  const Host host;
  host.write("root/bad/PORTS", "1:1\nfoo:5025\n");
  host.write("root/big/PORTS", std::string(kMaxPortsFileBytes + 1, '#'));
  CHECK(host.store.active("bad").problem == "PORTS:2:1: \"foo\" is not a public port (1 to 65535)");
  CHECK(host.store.active("bad").mappings.empty());
  CHECK(host.store.active("big").problem.ends_with("It is larger than 65536 bytes"));
}

TEST_CASE("PortStore::apps gives every app, and nothing that is none", "[ports]") {
  const Host host;
  host.write("root/mail/PORTS", "25:5025\n");
  host.write("root/plain/HEAD", "ref");
  host.write("root/Upper/PORTS", "1:1");
  host.write("root/.hidden/PORTS", "1:1");
  host.write("root/VHOST", "example.com");
  CHECK(host.store.apps() == std::vector<std::string>{"mail", "plain"});
}

TEST_CASE("PortStore::promote makes the staged file the active one", "[ports]") {
  const Host host;
  host.write("root/mail/PORTS", "25:5025\n");
  CHECK_FALSE(host.store.promote("mail"));
  CHECK_FALSE(host.store.staged("mail"));

  host.store.stage("mail", "26:5026\r\n# keep me", {});
  CHECK(ports_text(host.store.staged("mail")->mappings) == "26:5026\n");
  CHECK(ports_text(host.store.active("mail").mappings) == "25:5025\n");
  CHECK(host.store.promote("mail"));
  CHECK(read_file(host.temp.path() + "/root/mail/PORTS") == "26:5026\r\n# keep me");
  CHECK_FALSE(host.has("root/mail/PORTS.staged"));
}

// The old plugin kept the PORTS file of an image that had none any more.
TEST_CASE("PortStore::promote of an empty stage removes the active file", "[ports]") {
  const Host host;
  host.write("root/mail/PORTS", "25:5025\n");
  host.store.stage("mail", "", {});
  CHECK(host.store.staged("mail")->mappings.empty());
  CHECK(host.store.promote("mail"));
  CHECK_FALSE(host.has("root/mail/PORTS"));
  CHECK_FALSE(host.has("root/mail/PORTS.staged"));
}

TEST_CASE("PortStore::move leaves nothing behind, and is no loss when done again", "[ports]") {
  const Host host;
  host.write("root/old/PORTS", "25:5025\n");
  host.write("root/new/PORTS", "26:5026\n");
  // Done again it removed what it had moved.
  for (int i = 0; i < 2; ++i) {
    host.store.move("old", "new");
    CHECK(ports_text(host.store.active("new").mappings) == "25:5025\n");
    CHECK_FALSE(host.has("root/old/PORTS"));
  }
  host.store.remove("new");
  CHECK_FALSE(host.has("root/new/PORTS"));
}
