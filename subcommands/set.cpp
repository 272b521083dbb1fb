// set <app|--global> <property> [<value>...]: sets a property, or without a value unsets it.
#include "network/set.h"
#include "dokku/flags.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    Flags flags(call.entry.name + ":set");
    flags.add_bool("global", "--global: set a global property");
    if (!flags.parse(call.args.all())) return 0;
    const std::size_t first = flags.flag("global") ? 0 : 1;
    network::SetRequest request;
    request.scope = flags.flag("global") ? kGlobal : flags.positional(0);
    request.property = flags.positional(first);
    for (std::size_t i = first + 1; i < flags.positionals().size(); ++i) {
      request.values.push_back(flags.positional(i));
    }
    network::set(call.env, request);
    return 0;
  });
}
