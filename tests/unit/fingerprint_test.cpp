#include "base/fingerprint.h"

#include "base/file.h"
#include "catch.h"
#include "temp_directory.h"

using namespace netports;

TEST_CASE("fingerprint_of depends on the contents alone", "[file]") {
  const test::TempDirectory temp;
  const std::string path = temp.file("program");
  write_file(path, "a", 0755);
  CHECK(fingerprint_of(path) == "af63dc4c8601ec8c");  // as published for FNV-1a
  write_file(temp.file("copy"), "a", 0644);
  CHECK(fingerprint_of(temp.file("copy")) == fingerprint_of(path));
  write_file(temp.file("other"), std::string("a\0", 2), 0644);
  CHECK(fingerprint_of(temp.file("other")) != fingerprint_of(path));
  CHECK(fingerprint_of(temp.file("none")).empty());
  CHECK(fingerprint_of(temp.path()).empty());
  CHECK_FALSE(fingerprint_of("/proc/self/exe").empty());
}
