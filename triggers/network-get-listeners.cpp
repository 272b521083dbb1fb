// network-get-listeners <app> [<process>]: prints `ip:port` of each container of the process type,
// blanks between. Its stdout is captured.
#include "base/text.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/listeners.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    std::string process = call.args.at(1);
    if (process.empty()) {
      log::warn(
          "Deprecated: Please specify a processType argument for the network-get-listeners plugin "
          "trigger");
      process = "web";
    }
    const network::Settings settings(call.env);
    const auto found = network::listeners(call.env, settings, call.args.at(0), process);
    log::result(join(found, " ") + "\n");
  });
}
