// ports-reload: makes the forwarder read all mappings again, and says how that went.
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/role.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "ports-reload", [](const program::Call& call, const Flags&) {
        log::info1_quiet("Reloading all port mappings");
        for (const auto& warning : PortsRole(call.env, call.entry).forwarder.reload()) {
          log::warn("{}", warning);
        }
        return 0;
      });
}
