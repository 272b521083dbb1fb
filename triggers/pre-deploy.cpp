// pre-deploy <app> <tag>: what pre-release-builder does, for a Dokku that has no such trigger. It
// is built as bin/pre-deploy; on any other host a pre-deploy makes each deploy print a warning, so
// install places it in the plugin's directory only where it is needed.
#include "dokku/program.h"
#include "ports/release.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::ports, [](const program::Call& call) {
    const PortsRole ports(call.env, call.entry);
    const std::string& app = call.args.required(0, "app");
    const std::string& tag = call.args.at(1);
    stage_release(ports, "", app, fmt::format("dokku/{}:{}", app, tag.empty() ? "latest" : tag));
  });
}
