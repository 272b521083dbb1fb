// ports-check <file>: checks a PORTS file, for CI and editors. "-" reads it from stdin, which is
// what reaches a Dokku host over ssh.
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "ports/claims.h"
#include "ports/mapping.h"

using namespace netports;

namespace {

/// One byte more than a PORTS file may have at most.
std::string read_stdin() {
  std::string text;
  char buffer[16384];
  while (text.size() <= kMaxPortsFileBytes) {
    const ssize_t n = ::read(0, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("Unable to read stdin: {}", errno_text(errno));
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

std::string read_named(const std::string& path) {
  const auto text = read_file(path, kMaxPortsFileBytes);
  if (!text) throw Error("Unable to read {}: {}", printable(path), errno_text(ENOENT));
  return *text;
}

void print_mappings(const std::vector<PortMapping>& mappings) {
  std::string text;
  for (const auto& mapping : mappings) {
    text += fmt::format("{}{{\"listen\":{},\"private_port\":{},\"process\":{}}}",
                        text.empty() ? "" : ",", json_quote(mapping.listen.text()),
                        mapping.private_port, json_quote(mapping.process));
  }
  log::result(fmt::format("{{\"valid\":true,\"ports\":[{}]}}\n", text));
}

}  // namespace

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "ports-check", [](const program::Call&, const Flags& flags) {
        const std::string& path = flags.positional(0);
        if (path.empty()) flags.refuse("a file is needed, or - for stdin");
        const bool as_json = flags.value("format") == "json";
        const std::string source = path == "-" ? "PORTS" : printable(path);
        const std::string text = path == "-" ? read_stdin() : read_named(path);
        try {
          const auto mappings = parse_ports(text, source);
          if (as_json) {
            print_mappings(mappings);
          } else if (mappings.empty()) {
            log::info1_quiet("{} is valid and has no public ports", source);
          } else {
            log::info1_quiet("{} is valid: {}", source, public_ports_text(mappings));
          }
        } catch (const PortsFileError& error) {
          if (!as_json) throw;
          log::result(fmt::format("{{\"valid\":false,\"line\":{},\"column\":{},\"reason\":{}}}\n",
                                  error.line(), error.column(), json_quote(error.reason())));
          return error.status();
        }
        return 0;
      });
}
