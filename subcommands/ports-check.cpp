// ports-check <file>: checks a PORTS file, for CI and editors. "-" reads it from stdin, which is
// what reaches a Dokku host over ssh. With --app also what that app may have.
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/flags.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "dokku/properties.h"
#include "ports/claims.h"
#include "ports/mapping.h"
#include "ports/role.h"

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

std::string json_list(const std::vector<std::string>& members) {
  return "[" + join(members, ",") + "]";
}

std::string valid_json(const std::vector<PortMapping>& mappings,
                       const std::vector<std::string>& warnings) {
  std::vector<std::string> ports;
  for (const auto& mapping : mappings) {
    ports.push_back(fmt::format("{{\"listen\":{},\"private_port\":{},\"process\":{}}}",
                                json_quote(mapping.listen.text()), mapping.private_port,
                                json_quote(mapping.process)));
  }
  std::vector<std::string> quoted;
  for (const auto& warning : warnings) quoted.push_back(json_quote(warning));
  return fmt::format("{{\"valid\":true,\"ports\":{},\"warnings\":{}}}\n", json_list(ports),
                     json_list(quoted));
}

void print_valid(const std::string& source, const std::vector<PortMapping>& mappings,
                 const std::vector<std::string>& warnings) {
  if (mappings.empty()) {
    log::info1_quiet("{} is valid and has no public ports", source);
  } else {
    log::info1_quiet("{} is valid: {}", source, public_ports_text(mappings));
  }
  for (const auto& warning : warnings) log::warn("{}", warning);
}

/// Which of the ports an app may have: one that is named, or one without a property of its own.
std::vector<std::string> check_policy(const program::Call& call, const Flags& flags,
                                      const std::vector<PortMapping>& mappings) {
  std::vector<std::string> warnings;
  if (flags.given("app")) {
    const std::string app = flags.value("app");
    check_allowed(app, mappings, PortsRole(call.env, call.entry).allowed_ports(app));
    return warnings;
  }
  const std::string allowed = PortsRole(call.env, call.entry).allowed_ports(kGlobal);
  try {
    for (const auto& mapping : refused_by(allowed, mappings)) {
      warnings.push_back(
          fmt::format("Public port {} is refused unless property allowed-ports names it",
                      mapping.listen.text()));
    }
  } catch (const Error& error) {
    throw Error("Unable to use the global property allowed-ports: {}", error.what());
  }
  return warnings;
}

}  // namespace

int main(int argc, char** argv) {
  return program::subcommand(
      argc, argv, "ports-check", [](const program::Call& call, const Flags& flags) {
        const std::string& path = flags.positional(0);
        if (path.empty()) flags.refuse("a file is needed, or - for stdin");
        if (flags.given("app")) verify_app(call.env, flags.value("app"));
        const bool as_json = flags.value("format") == "json";
        const std::string source = path == "-" ? "PORTS" : printable(path);
        const std::string text = path == "-" ? read_stdin() : read_named(path);
        try {
          const auto mappings = parse_ports(text, source);
          const auto warnings = check_policy(call, flags, mappings);
          if (as_json) {
            log::result(valid_json(mappings, warnings));
          } else {
            print_valid(source, mappings, warnings);
          }
        } catch (const PortsFileError& error) {
          if (!as_json) throw;
          log::result(fmt::format("{{\"valid\":false,\"line\":{},\"column\":{},\"reason\":{}}}\n",
                                  error.line(), error.column(), json_quote(error.reason())));
          return error.status();
        } catch (const Error& error) {
          if (!as_json) throw;
          log::result(fmt::format("{{\"valid\":false,\"reason\":{}}}\n", json_quote(error.what())));
          return error.status();
        }
        return 0;
      });
}
