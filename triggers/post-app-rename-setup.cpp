// post-app-rename-setup <app> <new name>: an app gets another name; the old one is destroyed next.
#include "dokku/program.h"
#include "network/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    const auto& args = call.args;
    if (call.acts_as(Role::network)) network::on_rename(call.env, args.at(0), args.at(1));
  });
}
