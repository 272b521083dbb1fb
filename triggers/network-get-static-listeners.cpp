// network-get-static-listeners <app> [<process>]: prints where the app's visitors are sent instead
// of to its containers, an empty line otherwise. Only web can have one. Its stdout is captured.
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/settings.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    const std::string& process = call.args.at(1);
    std::string listener;
    if (process.empty() || process == "web") {
      listener = network::Settings(call.env).static_web_listener(call.args.at(0));
    }
    log::result(listener + "\n");
  });
}
