// core-post-deploy <app> ...: attaches the containers that just went live to the networks of
// attach-post-deploy, before the proxy is told of them.
#include "dokku/program.h"
#include "network/attach.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    network::attach_deployed(call.env, network::Settings(call.env), call.args.at(0));
  });
}
