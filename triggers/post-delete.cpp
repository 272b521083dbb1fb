// post-delete <app> <tag>: an app goes; its directory is still there.
#include "dokku/program.h"
#include "network/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::network)) network::on_delete(call.env, call.args.at(0));
  });
}
