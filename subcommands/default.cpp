// <entry>: the bare plugin name, `dokku netports`. The same text as `dokku netports:help`.
#include "dokku/command_table.h"
#include "dokku/log.h"
#include "dokku/program.h"

using namespace netports;

int main(int argc, char** argv) {
  return program::subcommand(argc, argv, "", [](const program::Call& call, const Flags&) {
    log::result(usage_text(call.entry));
    return 0;
  });
}
