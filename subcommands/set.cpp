// set <app|--global> <property> [<value>...]: sets a property, or without a value unsets it.
#include "network/set.h"

#include <algorithm>

#include "base/text.h"
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/program.h"
#include "ports/settings.h"

using namespace netports;

namespace {

bool is_property(const std::string& word) {
  const auto& names = network::property_names();
  return is_ports_property(word) || std::find(names.begin(), names.end(), word) != names.end();
}

/// What is a word too few or too many here, while network:set has Dokku's own answers to it.
void check_words(const Flags& flags, const network::SetRequest& request) {
  if (request.scope.empty()) flags.refuse("an app is needed, or --global");
  if (request.property.empty()) flags.refuse("a property is needed");
  const bool app_too = request.scope == kGlobal && !is_property(request.property) &&
                       !request.values.empty() && is_property(request.values[0]);
  if (app_too) flags.refuse("an app and --global exclude each other");
}

}  // namespace

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "set", [](const program::Call& call, const Flags& flags) {
    const std::size_t first = flags.flag("global") ? 0 : 1;
    network::SetRequest request;
    request.scope = flags.flag("global") ? kGlobal : flags.positional(0);
    request.property = flags.positional(first);
    request.values = flags.positionals_from(first + 1);
    const bool dokkus_own = command_of(call.entry, "set").role == Role::network;
    if (!dokkus_own) check_words(flags, request);
    if (is_property(request.property) && !network::takes_several(request.property) &&
        request.values.size() > 1) {
      flags.refuse(fmt::format("unexpected word: {}", printable(request.values[1])));
    }
    // Of a global one Dokku says that it is not global, whatever it is.
    const bool unknown = !dokkus_own && !is_property(request.property);
    const bool ours = is_ports_property(request.property);
    if ((unknown || ours) && request.scope != kGlobal) verify_app(call.env, request.scope);
    if (ours) {
      set_ports_property(PortsRole(call.env, call.entry), request.scope, request.property,
                         request.values);
      return 0;
    }
    if (call.acts_as(Role::ports)) request.other_properties = ports_properties();
    if (unknown) throw network::invalid_property(request.other_properties);
    network::set(call.env, request);
    return 0;
  });
}
