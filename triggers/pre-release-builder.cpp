// pre-release-builder <builder> <app> <image>: takes the PORTS file of a new image, or refuses it.
#include "dokku/program.h"
#include "ports/release.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::ports, [](const program::Call& call) {
    const PortsRole ports(call.env, call.entry);
    stage_release(ports, call.args.at(0), call.args.required(1, "app"),
                  call.args.required(2, "image"));
  });
}
