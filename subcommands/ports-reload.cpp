// ports-reload: makes the forwarder read all mappings again, and says how that went.
#include "base/error.h"
#include "dokku/command_table.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/role.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    Flags flags(call.entry.name + ":ports-reload");
    if (!flags.parse(call.args.all())) return 0;
    if (!flags.positionals().empty()) throw UsageError(usage_of(call.entry, "ports-reload"));
    log::info1_quiet("Reloading all port mappings");
    for (const auto& warning : PortsRole(call.env, call.entry).forwarder.reload()) {
      log::warn("{}", warning);
    }
    return 0;
  });
}
