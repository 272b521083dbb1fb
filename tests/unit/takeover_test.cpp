#include "dokku/takeover.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "catch.h"

using namespace netports;
namespace fs = std::filesystem;

namespace {

/// Plugin directories as Dokku lays them out [§2.2], with ours beside the core network plugin.
struct PluginTree {
  fs::path root;
  Environment env;
  Entry entry;

  PluginTree() {
    std::string pattern = (fs::temp_directory_path() / "takeover.XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    env.dokku_lib_root = root.string();
    env.plugin_path = (root / "plugins").string();
    env.plugin_core_path = (root / "core-plugins").string();
    env.system_user = ::getpwuid(::geteuid())->pw_name;
    env.system_group = ::getgrgid(::getegid())->gr_name;
    for (const char* tree : {"plugins", "core-plugins"}) {
      fs::create_directories(root / tree / "available");
      fs::create_directories(root / tree / "enabled");
    }
    fs::create_directory(core());
    fs::create_directory_symlink(core(), available("network"));
    fs::create_directory_symlink(available("network"), enabled("network"));
    fs::create_directory(available("netports"));
    fs::create_directory_symlink(available("netports"), enabled("netports"));
    for (const char* trigger :
         {"core-post-deploy", "docker-args-process-build", "docker-args-process-deploy",
          "docker-args-process-run", "network-build-config", "network-config-exists",
          "network-get-ipaddr", "network-get-listeners", "network-get-property",
          "network-get-static-listeners", "network-write-ipaddr", "network-write-port",
          "post-app-clone-setup", "post-app-rename-setup", "post-container-create", "post-delete",
          "report"}) {
      const auto hook = available("netports") / trigger;
      std::ofstream(hook) << "#!/bin/sh\n";
      fs::permissions(hook, fs::perms::owner_all);
    }
    entry.name = entry.plugin_name = "netports";
    entry.directory = fs::canonical(available("netports")).string();
  }
  ~PluginTree() { fs::remove_all(root); }
  PluginTree(const PluginTree&) = delete;
  PluginTree& operator=(const PluginTree&) = delete;

  [[nodiscard]] fs::path core() const { return root / "core-plugins/available/network"; }
  [[nodiscard]] fs::path available(const char* name) const {
    return root / "plugins/available" / name;
  }
  [[nodiscard]] fs::path enabled(const char* name) const { return root / "plugins/enabled" / name; }
  [[nodiscard]] Takeover takeover() const { return {env, entry}; }
  [[nodiscard]] fs::path link() const { return fs::read_symlink(enabled("network")); }
};

}  // namespace

TEST_CASE("Takeover switches the one link and remembers it", "[takeover]") {
  const PluginTree tree;
  const Takeover takeover = tree.takeover();
  CHECK(takeover.holder() == Takeover::Holder::core);
  CHECK_FALSE(takeover.remembered());

  CHECK(takeover.on());
  CHECK(tree.link() == tree.available("netports"));
  CHECK(takeover.holder() == Takeover::Holder::us);
  CHECK(takeover.remembered());
  CHECK_FALSE(takeover.on());

  CHECK(takeover.off());
  CHECK(tree.link() == tree.available("network"));
  CHECK(takeover.holder() == Takeover::Holder::core);
  CHECK_FALSE(takeover.remembered());
  CHECK_FALSE(takeover.off());

  // Nothing half-made stays behind, and no other entry has changed.
  CHECK(fs::read_symlink(tree.available("network")) == tree.core());
  CHECK(std::distance(fs::directory_iterator(tree.root / "plugins/enabled"), {}) == 2);
}

TEST_CASE("Takeover refuses a host that is not laid out as Dokku does it", "[takeover]") {
  const PluginTree tree;
  const Takeover takeover = tree.takeover();

  SECTION("no enabled network plugin") { fs::remove(tree.enabled("network")); }
  SECTION("the entry is a directory") {
    fs::remove(tree.enabled("network"));
    fs::create_directory(tree.enabled("network"));
  }
  SECTION("another plugin has the role") {
    fs::create_directory(tree.available("other"));
    fs::remove(tree.enabled("network"));
    fs::create_directory_symlink(tree.available("other"), tree.enabled("network"));
  }
  SECTION("the core plugin's link is a real directory") {
    fs::remove(tree.available("network"));
    fs::create_directory(tree.available("network"));
  }
  SECTION("the core plugin is gone") { fs::remove(tree.core()); }
  SECTION("a trigger of the network role is missing") {
    fs::remove(tree.available("netports") / "network-get-property");
  }
  SECTION("a trigger of the network role is not executable") {
    fs::permissions(tree.available("netports") / "report", fs::perms::owner_read);
  }
  SECTION("our directory is not the one that is available") {
    fs::rename(tree.available("netports"), tree.available("elsewhere"));
    fs::create_directory(tree.available("netports"));
  }

  const auto before = fs::is_symlink(tree.enabled("network")) ? tree.link() : fs::path();
  CHECK_THROWS_AS(takeover.on(), Error);
  CHECK((fs::is_symlink(tree.enabled("network")) ? tree.link() : fs::path()) == before);
  CHECK_FALSE(takeover.remembered());
}

TEST_CASE("Takeover knows when this plugin is the only network plugin", "[takeover]") {
  PluginTree tree;
  fs::remove(tree.enabled("network"));
  fs::remove(tree.enabled("netports"));
  fs::remove(tree.available("network"));
  fs::rename(tree.available("netports"), tree.available("network"));
  fs::create_directory_symlink(tree.available("network"), tree.enabled("network"));
  tree.entry.name = tree.entry.plugin_name = "network";
  tree.entry.directory = fs::canonical(tree.available("network")).string();
  CHECK(tree.takeover().holder() == Takeover::Holder::alone);
  CHECK_THROWS_AS(tree.takeover().on(), Error);
  CHECK_THROWS_AS(tree.takeover().off(), Error);
}
