// post-delete <app> <tag>: an app goes; its directory is still there.
#include "dokku/program.h"
#include "network/lifecycle.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const std::string& app = call.args.at(0);
    if (call.acts_as(Role::ports)) forget(PortsRole(call.env, call.entry), app);
    if (call.acts_as(Role::network)) network::on_delete(call.env, app);
  });
}
