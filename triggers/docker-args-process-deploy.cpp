// docker-args-process-deploy <app> <source type> <tag> [<process> [<n>]]: docker arguments for a
// container of a release. Its stdout is captured.
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/docker_args.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::docker_args_trigger(
      argc, argv,
      [](const program::Call& call) -> std::string {
        if (!call.acts_as(Role::network)) return "";
        return network::network_words(network::Settings(call.env), call.args.at(0),
                                      call.args.at(3));
      },
      [](const program::Call& call) {
        if (!call.acts_as(Role::ports)) return;
        const PortsRole ports(call.env, call.entry);
        log::result(docker_words(ports, call.args.at(0), call.args.at(3)));
      });
}
