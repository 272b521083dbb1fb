// post-build <builder> <app> <source directory>: what pre-release-builder does, one step earlier.
// Only after a failure here does Dokku give the old image its tag back; refused later, the new one
// would be deployed by the next restart.
#include "dokku/program.h"
#include "ports/release.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::ports, [](const program::Call& call) {
    const PortsRole ports(call.env, call.entry);
    const std::string& app = call.args.required(1, "app");
    stage_release(ports, call.args.at(0), app, fmt::format("dokku/{}:latest", app),
                  /*warn=*/false);
  });
}
