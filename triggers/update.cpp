// update: fired after `plugin:update` has pulled new sources. `install` is not, so it is called
// here: it builds what is older than its sources, and hands over to it.
#include "base/process.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::ports, [](const program::Call& call) {
    exec_process({call.entry.directory + "/install"});
  });
}
