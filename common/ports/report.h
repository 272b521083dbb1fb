// The report of an app's public ports: the block of `dokku report`, and `report` under this entry.
#pragma once

#include "dokku/report.h"
#include "ports/role.h"

namespace netports {

/// `ports` must outlive it.
Report ports_report(const PortsRole& ports);

}  // namespace netports
