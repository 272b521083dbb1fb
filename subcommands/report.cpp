// report [<app>] [<flag>]: the network properties of one app, of all, or the global ones.
#include "network/report.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, [](const program::Call& call) {
    const auto request = network::ReportRequest::parse(call.entry.name, call.args.all());
    if (!request.help) network::report(call.env, request);
    return 0;
  });
}
