// The control socket: who talks nonsense, too much or too slowly gets an error or is dropped, and
// nobody else waits.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("the control socket is for its owner and group", "[control]") {
  MailHost host;
  host.start();
  struct stat info {};
  REQUIRE(::stat(host.control().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0660);
}

TEST_CASE("two daemons do not share a control socket", "[control]") {
  MailHost host;
  auto& daemon = host.start();
  DaemonProcess second({daemon_program(),
                        {"--dokku-root", host.directory.path() + "/root"},
                        host.control(),
                        host.directory.path() + "/log2"});
  CHECK(second.wait_exit() == 1);
  CHECK(second.log().find("Another dokku-ports answers there") != std::string::npos);
  CHECK(daemon.status().ports.size() == 1);
}

TEST_CASE("a socket file that a killed daemon left is replaced", "[control]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start().signal(SIGKILL);
  CHECK(host.daemon().wait_exit() == 128 + SIGKILL);
  CHECK(std::filesystem::exists(host.control()));
  host.start();
  CHECK(host.connect().receive_line() == "v1");
}

TEST_CASE("what killed daemons left of their own sockets is removed, no other file", "[control]") {
  MailHost host;
  const std::string left = host.control() + ".999999999";  // above all process ids
  const std::string alive = host.control() + "." + std::to_string(::getpid());
  const std::string other = host.control() + ".old";
  for (const auto& path : {left, alive, other}) std::ofstream(path) << "x";
  host.start();
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(std::filesystem::exists(alive));
  CHECK(std::filesystem::exists(other));
}

TEST_CASE("a file that is no socket stays, and the daemon says so", "[control]") {
  MailHost host;
  std::ofstream(host.control()) << "precious";
  auto& daemon = host.launch();
  CHECK(daemon.wait_exit() == 1);
  CHECK(daemon.log().find("Cannot listen on " + host.control()) != std::string::npos);
  CHECK(std::filesystem::file_size(host.control()) == 8);
}

TEST_CASE("a request that is none gets one line that says so", "[control]") {
  MailHost host;
  auto& daemon = host.start();
  CHECK(daemon.ask("nonsense") == "error nonsense is not a request\n");
  CHECK(daemon.ask("") == "error  is not a request\n");
  CHECK(daemon.ask("stop") == "error stop is not a request\n");
  CHECK(daemon.ask("reload ../../etc") == "error ../../etc is not an app name\n");
  CHECK(daemon.ask("probe 0") == "error 0 is not an address to listen on\n");
  CHECK(daemon.ask("probe foo:25") == "error foo:25 is not an address to listen on\n");
  CHECK(daemon.ask("\x1b[31m\x01").find('\x1b') == std::string::npos);
  CHECK(daemon.ask(std::string(70'000, 'x')) == "error The request is too long\n");
  CHECK(daemon.ask("reload no-such-app") == "ok\n");
  CHECK(daemon.ask("backends no-such-app") == "ok\n");
  CHECK(daemon.status("no-such-app").ports.empty());
  CHECK(daemon.status().ports.size() == 1);
}

TEST_CASE("clients that say nothing, half a line or do not read keep nobody waiting", "[control]") {
  MailHost host;
  // So many that the status is more than the kernel takes for a client.
  constexpr std::size_t kPorts = 1000;
  std::string ports;
  for (std::size_t i = 0; i < kPorts; ++i) {
    ports += "127.78." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":" +
             std::to_string(host.port) + ":" + std::to_string(host.private_port) + "\n";
  }
  host.ports("mail", ports);
  auto& daemon = host.start();
  std::vector<Peer> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(connect_to_path(host.control()));
    slow.back().send("status\n");
  }
  // More than there are places, and each longer than any answer may take.
  for (int i = 0; i < 35; ++i) {
    slow.push_back(connect_to_path(host.control()));
    slow.push_back(connect_to_path(host.control()));
    slow.back().send("stat");
  }
  for (int i = 0; i < 5; ++i) {
    const Peer silent = connect_to_path(host.control());
    CHECK(daemon.status().ports.size() == kPorts);
    // Whoever is answered after waiting for it comes when it has been dropped.
    CHECK_FALSE(silent.readable());
  }
  CHECK(daemon.ask("reload") == "ok\n");
}

TEST_CASE("a request that comes in pieces is one request", "[control]") {
  MailHost host;
  auto& daemon = host.start();
  Peer pieces = connect_to_path(host.control());
  for (const char* piece : {"st", "at", "us"}) {
    pieces.send(piece);
    // Whoever comes later is answered: the piece has been read.
    CHECK(daemon.status().ports.size() == 1);
  }
  CHECK_FALSE(pieces.readable());
  pieces.send("\n");
  CHECK(pieces.receive_all().starts_with("ok\n{"));
}

TEST_CASE("a client that leaves before its answer harms nobody", "[control]") {
  MailHost host;
  auto& daemon = host.start();
  for (int i = 0; i < 100; ++i) connect_to_path(host.control()).send("reload\n");
  for (int i = 0; i < 100; ++i) connect_to_path(host.control()).send("status\n");
  CHECK(daemon.ask("reload") == "ok\n");
}

TEST_CASE("a wrong command line is refused with status 2, help and version are given",
          "[control]") {
  MailHost host;
  CHECK(host.launch({"--no-such-option"}).wait_exit() == 2);
  CHECK(host.daemon().log() == "dokku-ports: --no-such-option is not an option (see --help)\n");
  CHECK(host.launch({"--threads", "many"}).wait_exit() == 2);
  CHECK(host.launch({"--version"}).wait_exit() == 0);
  CHECK(host.launch({"--help"}).wait_exit() == 0);
}
