// report [<app>] [<flag>]: of one app, of all, or what holds for all: the network properties, and
// under an entry that has the ports role alone the public ports.
#include "network/report.h"
#include "dokku/program.h"
#include "ports/report.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "report", [](const program::Call& call, const Flags& flags) {
        const auto request = ReportRequest::of(call.entry.name + ":report", flags);
        if (command_of(call.entry, "report").role == Role::network) {
          print_report(call.env, network::report(call.env), request);
        } else {
          // In network:report --global wins, as Dokku has it.
          if (request.global && !request.app.empty()) {
            flags.refuse("an app and --global exclude each other");
          }
          const PortsRole ports(call.env, call.entry);
          print_report(call.env, ports_report(ports), request);
        }
        return 0;
      });
}
