// network-get-property <app> <property>: prints the computed value. Its stdout is captured.
#include "base/error.h"
#include "base/text.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/settings.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    const std::string& property = call.args.at(1);
    if (!network::is_global_property(property)) {
      throw Error("Invalid network property specified: {}", printable(property));
    }
    log::result(network::Settings(call.env).computed(call.args.at(0), property) + "\n");
  });
}
