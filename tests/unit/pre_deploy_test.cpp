#include "dokku/pre_deploy.h"

#include <sys/stat.h>

#include "base/file.h"
#include "catch.h"
#include "temp_directory.h"

using namespace netports;

namespace {

struct Host {
  test::TempDirectory temp;
  Environment env;
  Entry entry;

  Host() {
    env.plugin_core_path = temp.directory("core");
    env.system_user = "root";
    env.system_group = "root";
    entry.directory = temp.directory("plugin");
    write_file(temp.file("plugin/bin/pre-deploy"), "program", 0755);
  }
  void core(const std::string& name, const std::string& text) const {
    write_file(temp.file("core/available/" + name), text, 0755);
  }
  [[nodiscard]] std::string placed() const { return entry.directory + "/pre-deploy"; }
};

}  // namespace

TEST_CASE("place_pre_deploy places it where Dokku fires no pre-release-builder", "[ports]") {
  Host host;
  host.core("builder-herokuish/builder-release", "plugn trigger pre-release-buildpack");
  place_pre_deploy(host.env, host.entry);
  CHECK(read_file(host.placed()) == "program");
  struct stat info {};
  REQUIRE(::stat(host.placed().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0755);
}

TEST_CASE("place_pre_deploy takes it away where Dokku does", "[ports]") {
  Host host;
  place_pre_deploy(host.env, host.entry);
  REQUIRE(is_regular_file(host.placed()));
  SECTION("a core plugin fires it") {
    host.core("builder-herokuish/builder-release", "plugn trigger pre-release-builder x");
  }
  SECTION("a core plugin has the hook") { host.core("app-json/pre-release-builder", ""); }
  place_pre_deploy(host.env, host.entry);
  CHECK_FALSE(is_regular_file(host.placed()));
  place_pre_deploy(host.env, host.entry);
}
