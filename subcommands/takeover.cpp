// <entry>:takeover on|off|status: who answers for Dokku's networks, its own plugin or this one.
#include "dokku/takeover.h"
#include "base/error.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"

using namespace netports;

namespace {

std::string holder_text(const Takeover& takeover, const Entry& entry) {
  switch (takeover.holder()) {
    case Takeover::Holder::core:
      return "core";
    case Takeover::Holder::us:
    case Takeover::Holder::alone:
      return entry.plugin_name;
    case Takeover::Holder::other:
      return takeover.holder_name() + ", another plugin";
    case Takeover::Holder::nobody:
      break;
  }
  return "nobody";
}

void print_status(const Takeover& takeover, const Entry& entry) {
  const auto holder = takeover.holder();
  log::plain("Network role:  {}", holder_text(takeover, entry));
  if (takeover.remembered() && holder != Takeover::Holder::us) {
    log::warn("Switched on once, but not in force: the next install of any plugin restores it");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "takeover", [](const program::Call& call, const Flags& flags) {
        const std::string& word = flags.positional(0);
        const Takeover takeover(call.env, call.entry);
        const std::string& own_name = call.entry.plugin_name;
        if (word == "on") {
          if (takeover.on()) {
            log::info1_quiet("{} has taken Dokku's network role over, from now on", own_name);
          } else {
            log::info1_quiet("{} has Dokku's network role already", own_name);
          }
        } else if (word == "off") {
          if (takeover.off()) {
            log::info1_quiet("Dokku's own network plugin has its role back, from now on");
          } else {
            log::info1_quiet("{} does not have Dokku's network role", own_name);
          }
        } else if (word == "status") {
          print_status(takeover, call.entry);
        } else {
          flags.refuse("one of on, off or status is needed");
        }
        return 0;
      });
}
