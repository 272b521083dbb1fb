#include "ports/control.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <thread>

#include "base/unique_fd.h"
#include "catch.h"
#include "temp_directory.h"

using namespace netports;
using std::chrono::milliseconds;

namespace {

/// Answers one call with `answer`, or holds it open without a word, and keeps what it was asked.
class OneAnswer {
 public:
  OneAnswer(const std::string& path, std::string answer, bool hang_up = true)
      : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_.get(), 8) == 0);
    thread_ = std::thread([this, answer = std::move(answer), hang_up] {
      UniqueFd client(::accept(listening_.get(), nullptr, nullptr));
      char c = 0;
      while (::recv(client.get(), &c, 1, 0) == 1 && c != '\n') asked_ += c;
      (void)!::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      if (!hang_up) (void)!::recv(client.get(), &c, 1, 0);  // until the caller gives up
    });
  }
  ~OneAnswer() { thread_.join(); }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  std::string asked() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return asked_;
  }

 private:
  UniqueFd listening_;
  std::string asked_;
  std::thread thread_;
};

struct Daemon {
  test::TempDirectory temp;
  std::string path = temp.path() + "/s";
  ForwarderControl control{path};
};

std::string failure(const std::function<void()>& question) {
  try {
    question();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("ForwarderControl asks in the daemon's words", "[ports]") {
  Daemon daemon;
  SECTION("reload") {
    OneAnswer server(daemon.path, "ok\nPublic port 25 waits\n\n");
    CHECK(daemon.control.reload() == std::vector<std::string>{"Public port 25 waits"});
    CHECK(server.asked() == "reload");
  }
  SECTION("reload of an app") {
    OneAnswer server(daemon.path, "ok");
    CHECK(daemon.control.reload("mail").empty());
    CHECK(server.asked() == "reload mail");
  }
  SECTION("stop") {
    OneAnswer server(daemon.path, "ok\n");
    CHECK(daemon.control.stop("mail").empty());
    CHECK(server.asked() == "stop mail");
  }
  SECTION("probe") {
    OneAnswer server(daemon.path, "ok\n25 Address already in use\n");
    const auto held = daemon.control.probe(parse_ports("25:1\n[::1]:26:1", "PORTS"));
    CHECK(held == std::vector<std::string>{"25 Address already in use"});
    CHECK(server.asked() == "probe 25 [::1]:26");
  }
  SECTION("status") {
    OneAnswer server(daemon.path, "ok\n{\"a\":\n1}");
    CHECK(daemon.control.status("mail") == "{\"a\":\n1}");
    CHECK(server.asked() == "status mail");
  }
}

TEST_CASE("ForwarderControl repeats the daemon's error on one clean line", "[ports]") {
  Daemon daemon;
  OneAnswer server(daemon.path, "error no\x1b[2J\nmore");
  CHECK(failure([&] { (void)daemon.control.status(); }) == "The forwarder says: no\\x1b[2J");
}

TEST_CASE("ask takes nothing that is no answer", "[ports]") {
  Daemon daemon;
  const std::string start = "The forwarder does not answer on " + daemon.path + ": ";
  SECTION("silence at once") {
    OneAnswer server(daemon.path, "");
    CHECK(failure([&] { (void)ask(daemon.path, "x", milliseconds(500)); }) == start + "It hung up");
  }
  SECTION("another protocol") {
    OneAnswer server(daemon.path, "HTTP/1.1 200 OK\r\n\r\n");
    CHECK(failure([&] { (void)ask(daemon.path, "x", milliseconds(500)); }) ==
          start + "\"HTTP/1.1 200 OK\\x0d\" is no answer");
  }
  SECTION("half an answer for ever") {
    OneAnswer server(daemon.path, "ok\nha", /*hang_up=*/false);
    CHECK(failure([&] { (void)ask(daemon.path, "x", milliseconds(100)); }) ==
          start + "No answer in time");
  }
  SECTION("an endless answer") {
    OneAnswer server(daemon.path, "ok\n" + std::string(17 << 20, 'x'));
    CHECK(failure([&] { (void)ask(daemon.path, "x", milliseconds(20'000)); }) ==
          start + "Its answer is too long");
  }
}

TEST_CASE("ask says why nobody can be reached", "[ports]") {
  const test::TempDirectory temp;
  CHECK(failure([&] {
          (void)ask(temp.path() + "/no", "x", milliseconds(100));
        }).ends_with(": No such file or directory"));
  CHECK(failure([&] {
          (void)ask(std::string(200, 'x'), "x", milliseconds(100));
        }).ends_with(": Its path is too long"));
}
