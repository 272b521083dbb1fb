// post-create <app>: an app was made; what one of that name left behind is not its own.
#include "dokku/program.h"
#include "network/lifecycle.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const std::string& app = call.args.at(0);
    if (call.acts_as(Role::ports)) forget_leftovers(PortsRole(call.env, call.entry), app);
    if (call.acts_as(Role::network)) network::on_create(call.env, app);
  });
}
