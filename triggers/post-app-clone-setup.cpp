// post-app-clone-setup <app> <copy>: an app was copied; the copy has no containers yet.
#include "dokku/program.h"
#include "network/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const auto& args = call.args;
    if (call.acts_as(Role::network)) network::on_clone(call.env, args.at(0), args.at(1));
  });
}
