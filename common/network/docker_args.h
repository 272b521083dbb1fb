// The words that the network role adds to docker's command line [§3.1].
#pragma once

#include <string>
#include <string_view>

#include "network/settings.h"

namespace netports::network {

/// The DNS name under which containers of a process type find each other: APP.PROC[.TLD]. Empty
/// when these cannot make one.
std::string alias_of(std::string_view app, std::string_view process, std::string_view tld);

/// ` --network=NAME ` for a build, deploy or run of `app`; empty without an initial network.
/// `process` (deploys only) gives the alias on a network of the user's.
/// Errors: Error when the property holds what cannot name a network: it must not reach docker.
std::string network_words(const Settings& settings, const std::string& app,
                          std::string_view process = "");

}  // namespace netports::network
