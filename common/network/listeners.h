// Where an app's containers listen, as the files IP.<process>.<n> and PORT.<process>.<n> say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "network/settings.h"

namespace netports::network {

/// Which of the two kinds of file.
enum class AddressFile { ip, port };

/// "IP.web.1", "PORT.web.1"
std::string address_file_name(AddressFile kind, std::string_view process, std::string_view number);

/// The `ip:port` of each container of a process type, by number, IPv6 in brackets; for web the
/// static listener alone where one is set. A missing port is 5000. Files that are empty, hold no
/// address or do not end in a number do not count.
std::vector<std::string> listeners(const Environment& env, const Settings& settings,
                                   const std::string& app, const std::string& process);

/// Whether the proxy can have listeners of the app: its first web container is known, or a static
/// listener is set. The container's own file is enough: network-build-config makes the others.
bool has_network_config(const Environment& env, const Settings& settings, const std::string& app);

/// Writes IP.<process>.<n> or PORT.<process>.<n>, mode 0644. Errors: Error for values that cannot
/// be one, and when there is no such app.
void write_address(const Environment& env, AddressFile kind, const std::string& app,
                   const std::string& process, const std::string& number, const std::string& value);

/// Removes all IP.* and PORT.* of an app. Errors: Error naming the first file that stays.
void clear_addresses(const Environment& env, const std::string& app);

/// The host part of a static listener: "ip:port", "[ip]:port" or "ip"; 127.0.0.1 for all else.
std::string static_listener_host(const std::string& listener);

}  // namespace netports::network
