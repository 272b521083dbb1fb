// set <app|--global> <property> [<value>...]: sets a property, or without a value unsets it.
#include "network/set.h"
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/program.h"
#include "ports/settings.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "set", [](const program::Call& call, const Flags& flags) {
    const std::size_t first = flags.flag("global") ? 0 : 1;
    network::SetRequest request;
    request.scope = flags.flag("global") ? kGlobal : flags.positional(0);
    request.property = flags.positional(first);
    request.values = flags.positionals_from(first + 1);
    if (is_ports_property(request.property)) {
      if (request.scope != kGlobal) verify_app(call.env, request.scope);
      set_ports_property(PortsRole(call.env, call.entry), request.scope, request.property,
                         request.values);
    } else {
      if (call.acts_as(Role::ports)) request.other_properties = ports_properties();
      network::set(call.env, request);
    }
    return 0;
  });
}
