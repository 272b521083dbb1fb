// docker-args-process-deploy <app> <source type> <tag> [<process> [<n>]]: docker arguments for a
// container of a release. Its stdout is captured.
#include "dokku/program.h"
#include "network/docker_args.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::docker_args_trigger(
      argc, argv,
      [](const program::Call& call) -> std::string {
        if (!call.acts_as(Role::network)) return "";
        return network::network_words(network::Settings(call.env), call.args.at(0),
                                      call.args.at(3));
      },
      [](const program::Call&) {});
}
