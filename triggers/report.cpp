// report <app>: the app's part of `dokku report`.
#include "network/report.h"
#include "dokku/app.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::network)) {
      verify_app(call.env, call.args.at(0));
      network::ReportRequest request;
      request.app = call.args.at(0);
      network::report(call.env, request);
    }
  });
}
