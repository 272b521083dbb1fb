// bin/uninstall <plugin>: the compiled half of `uninstall`: gives Dokku's network plugin its role
// back, before the directory that the link leads to is deleted.
#include "dokku/log.h"
#include "dokku/program.h"
#include "dokku/takeover.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::installer(argc, argv, [](const program::Call& call) {
    if (call.args.at(0) != call.entry.plugin_name) return;
    const Takeover takeover(call.env, call.entry);
    // Installed as `network` there is no other plugin to give the role to.
    if (takeover.holder() == Takeover::Holder::alone) return;
    if (takeover.off()) log::info1("Dokku's own network plugin has its role back");
  });
}
