// The properties of the ports role that `set` changes: forward-via and allowed-ports.
#pragma once

#include <string>
#include <vector>

#include "ports/role.h"

namespace netports {

/// Whether `set` takes this property as one of ours.
bool is_ports_property(const std::string& property);

/// Their names, sorted.
const std::vector<std::string>& ports_properties();

/// Sets `property` of `scope` (an app that was verified, or kGlobal) to the word in `values`, of
/// which there is one at most; unsets it when there is none or an empty one. Says so.
/// Errors: Error for a value that is wrong, and then nothing was changed.
void set_ports_property(const PortsRole& ports, const std::string& scope,
                        const std::string& property, const std::vector<std::string>& values);

}  // namespace netports
