// A PORTS file that is wrong, huge or no file at all: its app gets a problem and keeps what it has,
// the others do not notice.
#include <sys/stat.h>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("a PORTS file that cannot count changes nothing", "[hostile_ports]") {
  MailHost host;
  const auto other = free_port();
  host.ports("other", std::to_string(other) + ":" + std::to_string(host.private_port) + "\n");
  host.run("other", "web.1", MailHost::kAddress);
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  const auto path = host.file("mail", "PORTS");
  const auto target = host.directory.file("target");
  std::filesystem::copy_file(path, target);
  const bool from_start = GENERATE(false, true);
  if (!from_start) host.start();
  std::string problem;
  SECTION("a symlink") {
    std::filesystem::remove(path);
    std::filesystem::create_symlink(target, path);
    problem = "It is a symlink";
  }
  SECTION("a directory") {
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    problem = "It is not a regular file";
  }
  SECTION("a FIFO") {
    std::filesystem::remove(path);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    problem = "It is not a regular file";
  }
  SECTION("one byte too large") {
    const std::string line = std::to_string(host.port) + ":5025\n";
    host.ports("mail", line + std::string((64 << 10) + 1 - line.size(), '#'));
    problem = "larger than 65536 bytes";
  }
  SECTION("a line that is none") {
    host.ports("mail", std::to_string(host.port) + ":5025\nfoo:5025\n");
    problem = "PORTS:2:1: ";
  }
  SECTION("NUL bytes") {
    host.ports("mail", std::string(100, '\0'));
    problem = "PORTS:1:1: NUL byte";
  }
  SECTION("an option nobody knows") {
    host.ports("mail", std::to_string(host.port) + ":5025 --privileged=true\n");
    problem = "Option \"--privileged\" is unknown";
  }
  if (from_start) {
    host.start();
    CHECK_FALSE(try_connect_to(host.port));
  } else {
    const std::string answer = host.daemon().ask("reload mail");
    CHECK(answer.starts_with("ok\n"));
    CHECK(answer.find(problem) != std::string::npos);
    CHECK(host.connect().receive_line() == "v1");
  }
  const auto status = host.daemon().status("mail");
  REQUIRE(status.problems.size() == 1);
  CHECK(status.problems[0].find(problem) != std::string::npos);
  CHECK(connect_to(other).receive_line() == "v1");
  CHECK(host.daemon().ask("reload other") == "ok\n");
  // Put right again.
  std::filesystem::remove_all(path);
  std::filesystem::copy_file(target, path);
  CHECK(host.daemon().ask("reload mail") == "ok\n");
  CHECK(host.connect().receive_line() == "v1");
  CHECK(host.daemon().status().problems.empty());
}
