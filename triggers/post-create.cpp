// post-create <app>: an app was made.
#include "dokku/program.h"
#include "network/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::network)) network::on_create(call.env, call.args.at(0));
  });
}
