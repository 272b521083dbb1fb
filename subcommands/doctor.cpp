// doctor [--format text|json]: what is wrong on this host, and what to do about it; 1 when
// something is.
#include "doctor/doctor.h"
#include "doctor/look.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "doctor", [](const program::Call& call, const Flags& flags) {
        const auto results = doctor::examine(doctor::look_at_host(call.env, call.entry));
        if (flags.value("format") == "json") {
          log::result(doctor::results_json(results));
        } else {
          log::info2_quiet("Health of {} on this host", call.entry.name);
          log::result(doctor::results_text(results));
        }
        return doctor::is_healthy(results) ? 0 : 1;
      });
}
