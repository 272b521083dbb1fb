// ports [<app>] [--format text|json]: what is forwarded now.
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/role.h"
#include "ports/table.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    Flags flags(call.entry.name + ":ports");
    flags.add_string("format", "format: [ text | json ]", "text");
    if (!flags.parse(call.args.all())) return 0;
    const std::string& format = flags.value("format");
    if (format != "text" && format != "json") {
      throw Error("Invalid format specified, use either text or json");
    }
    const std::string& app = flags.positional(0);
    if (!flags.positionals().empty()) verify_app(call.env, app);

    const PortsRole ports(call.env, call.entry);
    std::string document = ports.forwarder.status(app);
    if (app.empty()) {
      // Whoever may not see an app does not see its ports either.
      const auto visible = visible_apps(call.env);
      document = status_of_apps(document, {visible.begin(), visible.end()});
    }
    if (format == "json") {
      while (document.ends_with('\n')) document.pop_back();
      log::result(document + "\n");
      return 0;
    }
    log::info2_quiet("{}", app.empty() ? "Public ports" : "Public ports of " + app);
    log::result(status_table(document));
    return 0;
  });
}
