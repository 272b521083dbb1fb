// post-app-clone <old> <new>: removes the PORTS files that git has copied into the clone.
#include "dokku/program.h"
#include "ports/lifecycle.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, [](const program::Call& call) {
    if (call.acts_as(Role::ports))
      drop_copied_files(PortsRole(call.env, call.entry), call.args.at(1));
  });
}
