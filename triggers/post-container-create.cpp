// post-container-create <app|service> <container> <app> <phase> [<process>]: attaches a container
// that is not started yet to the networks of attach-post-create.
#include "dokku/program.h"
#include "network/attach.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    const auto& args = call.args;
    if (args.at(0) != "app") return;
    network::attach_created(call.env, network::Settings(call.env),
                            {args.at(1), args.at(2), args.at(3), args.at(4)});
  });
}
