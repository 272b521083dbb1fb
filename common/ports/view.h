// What the forwarder does now, as subcommand `ports` shows it. Needs Poco.
#pragma once

#include <string>

#include "ports/role.h"

namespace netports {

/// The status, or with `connections` the list of connections, of `app`; empty: of all apps that the
/// caller may see. With what daemons from before upgrades still finish. JSON without a newline.
/// Errors: Error when the forwarder does not answer.
std::string forwarder_document(const PortsRole& ports, const std::string& app, bool connections);

/// The same as text, with a heading in its first line unless `quiet`. Without any public port it
/// says what to do next.
std::string forwarder_text(const PortsRole& ports, const std::string& app, bool connections,
                           bool quiet);

}  // namespace netports
