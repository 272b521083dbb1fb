// rebuild <app>: writes the app's addresses anew; exits with the number of containers that failed.
#include <algorithm>

#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/program.h"
#include "network/rebuild.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "rebuild",
                             [](const program::Call& call, const Flags& flags) {
                               const std::string& app = flags.positional(0);
                               verify_app(call.env, app);
                               network::Rebuilder rebuilder(call.env, call.entry);
                               return static_cast<int>(std::min(rebuilder.rebuild(app), 255U));
                             });
}
