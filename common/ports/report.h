// The ports block of `dokku report`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ports/role.h"

namespace netports {

/// Key and value of each row, sorted by key: "computed-forward-via", "container".
std::vector<std::pair<std::string, std::string>> ports_report(const PortsRole& ports,
                                                              const std::string& app);

/// Prints it in Dokku's layout [§6.6].
void print_ports_report(const PortsRole& ports, const std::string& app);

}  // namespace netports
