#include "forwarder/upgrade.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "catch.h"

using namespace netports;

namespace {

/// What an heir reads from a list of `text`.
Inheritance read_list(const std::string& text) {
  const int list = ::memfd_create("list", MFD_CLOEXEC);
  REQUIRE(::write(list, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::lseek(list, 0, SEEK_SET);
  return read_inheritance(list);
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

int new_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

}  // namespace

TEST_CASE("read_inheritance takes sockets, older daemons and containers in use", "[upgrade]") {
  const int control = new_socket();
  const int port = new_socket();
  const int older = new_socket();
  const auto inheritance =
      read_list(fmt::format("{} control\n{} [::1]:25\n{} ending\nuses mail web 3 {}\n", control,
                            port, older, std::string(64, 'a')));
  CHECK(inheritance.control.get() == control);
  REQUIRE(inheritance.listeners.size() == 1);
  CHECK(inheritance.listeners[0].first.text() == "[::1]:25");
  CHECK(inheritance.listeners[0].second.get() == port);
  REQUIRE(inheritance.older.size() == 1);
  CHECK(inheritance.older[0].ending);
  REQUIRE(inheritance.in_use.at("mail").size() == 1);
  CHECK(inheritance.in_use.at("mail")[0].number == 3);
}

// Going back to an older version failed at the first line that only the newer one writes.
TEST_CASE("read_inheritance passes over what another version says", "[upgrade]") {
  const int control = new_socket();
  const int other = new_socket();
  const auto inheritance =
      read_list(fmt::format("limits mail 25 7\n{} something-new\n{} control\n", other, control));
  CHECK(inheritance.control.get() == control);
  CHECK(inheritance.listeners.empty());
  CHECK_FALSE(is_open(other));
}

TEST_CASE("read_inheritance refuses a socket that is none", "[upgrade]") {
  CHECK_THROWS_AS(read_list("987654 control\n"), Error);
}
