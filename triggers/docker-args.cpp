// docker-args <app>: "-p <private> " for each port, for a Dokku of old that asks for it.
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::docker_args_trigger(argc, argv, [](const program::Call& call) {
    if (!call.acts_as(Role::ports)) return;
    log::result(docker_words_of_old(PortsRole(call.env, call.entry), call.args.at(0)));
  });
}
