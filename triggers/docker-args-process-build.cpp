// docker-args-process-build <app> <builder>: docker arguments for a build. Its stdout is captured.
// A Dockerfile build is given none, as Dokku's own hook does.
#include "dokku/program.h"
#include "network/docker_args.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::docker_args_trigger(
      argc, argv,
      [](const program::Call& call) -> std::string {
        if (!call.acts_as(Role::network) || call.args.at(1) == "dockerfile") return "";
        return network::network_words(network::Settings(call.env), call.args.at(0));
      },
      [](const program::Call&) {});
}
