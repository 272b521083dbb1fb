// Telling systemd, or whoever started the daemon, how it is doing.
#pragma once

#include <string>

namespace netports {

/// Sends `state` ("READY=1") to the socket that NOTIFY_SOCKET names; nothing when it is unset.
/// Source: sd_notify(3).
void notify_service_manager(const std::string& state);

}  // namespace netports
