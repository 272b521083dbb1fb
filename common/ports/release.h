// The PORTS file of a new image, before it is released. Asks the Docker Engine.
#pragma once

#include <string>

#include "ports/role.h"

namespace netports {

/// Reads the PORTS file of `image`, checks its grammar, the policy, that no other app holds one of
/// the ports and that the forwarder answers, and stages it for the deploy that follows. A port that
/// another program holds is a warning, unless `warn` is false: the forwarder goes on trying.
/// Errors: Error, and then nothing was changed.
void stage_release(const PortsRole& ports, const std::string& builder, const std::string& app,
                   const std::string& image, bool warn = true);

/// Waits until every private port of the process type accepts connections in container `id`, of
/// which Dokku says the address `ip` (may be empty) and the number `number`.
/// Errors: Error naming port and container when it exits, or does not listen in time.
void check_container(const PortsRole& ports, const std::string& app, const std::string& id,
                     const std::string& process, const std::string& ip, const std::string& number);

}  // namespace netports
