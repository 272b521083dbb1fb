// docker-args-process-run <app> <source type> <tag>: docker arguments for `run` and cron. Its
// stdout is captured.
#include "dokku/program.h"
#include "network/docker_args.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::docker_args_trigger(
      argc, argv,
      [](const program::Call& call) -> std::string {
        if (!call.acts_as(Role::network)) return "";
        return network::network_words(network::Settings(call.env), call.args.at(0));
      },
      [](const program::Call&) {});
}
