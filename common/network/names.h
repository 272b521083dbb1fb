// Which names may reach the Engine, docker's command line or a file name.
#pragma once

#include <string>
#include <string_view>

namespace netports::network {

/// Whether `name` may name a network: `[A-Za-z0-9][A-Za-z0-9_.-]*`, at most 255 bytes.
bool is_network_name(std::string_view name);

/// Whether `name` is a DNS name of labels up to 63 bytes, at most 253 bytes in all.
bool is_dns_name(std::string_view name);

/// Whether `name` may be a network alias, and may stand in docker's command line.
bool is_alias(std::string_view name);

/// Whether `name` may be a process type: one path component, no blanks.
bool is_process_type(std::string_view name);

/// The networks every Engine has. An app cannot be attached to them, nor have an alias there.
bool is_builtin_network(std::string_view name);

/// What a user typed as a network. Errors: Error when it is missing or cannot name one.
const std::string& require_network_name(const std::string& name);

}  // namespace netports::network
