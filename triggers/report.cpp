// report <app>: the app's part of `dokku report`.
#include "network/report.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/report.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const std::string& app = call.args.at(0);
    const bool as_network = call.acts_as(Role::network);
    const bool as_ports = call.acts_as(Role::ports);
    if (as_network || as_ports) verify_app(call.env, app);
    if (as_network) {
      log::result(report_text(network::report(call.env), app, {}, call.env.quiet));
    }
    if (as_ports) {
      const PortsRole ports(call.env, call.entry);
      log::result(report_text(ports_report(ports), app, {}, call.env.quiet));
    }
  });
}
