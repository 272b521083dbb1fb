// network-config-exists <app>: prints `true` when the proxy can have listeners of the app, else
// `false`. Its stdout is captured.
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/listeners.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    const network::Settings settings(call.env);
    log::result(network::has_network_config(call.env, settings, call.args.at(0)) ? "true\n"
                                                                                 : "false\n");
  });
}
