// bin/uninstall <plugin>: the compiled half of `uninstall`: gives Dokku's network plugin its role
// back, before the directory that the link leads to is deleted.
#include <filesystem>

#include "base/file.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "dokku/takeover.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::installer(argc, argv, [](const program::Call& call) {
    if (call.args.at(0) != call.entry.plugin_name) return;
    // Only the lock: mappings and settings of apps are theirs, and serve again when we come back.
    const std::string data = call.env.dokku_lib_root + "/data/" + call.entry.plugin_name;
    remove_file(data + "/lock");
    std::error_code ignored;
    std::filesystem::remove(data, ignored);
    const Takeover takeover(call.env, call.entry);
    // Installed as `network` there is no other plugin to give the role to.
    if (takeover.holder() == Takeover::Holder::alone) return;
    if (takeover.off()) log::info1("Dokku's own network plugin has its role back");
  });
}
