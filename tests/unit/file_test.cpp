// base/file: what a killed run of another user left.
#include "base/file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "catch.h"
#include "temp_directory.h"

using namespace netports;
using netports::test::TempDirectory;

namespace {

constexpr uid_t kNobody = 65534;

/// Whether `path` can be written by a user for whom permissions count.
bool writable_by_user(const std::string& path) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(2);
    try {
      write_file(path, "new", 0644);
    } catch (const Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

// Root writes while a plugin is installed. Killed before it gave its temp file to the user dokku,
// it kept that user from writing the file ever again.
TEST_CASE("write_file does away with a temp file that it may not open", "[file]") {
  const TempDirectory temp;
  const std::string path = temp.path() + "/value";
  REQUIRE(::chmod(temp.path().c_str(), 0777) == 0);
  write_file(path, "old", 0644);
  write_file(temp.path() + "/.value.tmp", "half", 0000);
  CHECK(writable_by_user(path));
  CHECK(read_file(path) == "new");
  CHECK(directory_entries(temp.path()) == std::vector<std::string>{"value"});
}
