// Finding out what `doctor` judges. Needs Poco.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "dokku/entry.h"
#include "dokku/environment.h"

namespace netports::doctor {

/// All there is to know about this host, as far as the caller may see it. Changes nothing; each
/// question has a deadline, and one that has no answer is a fact of its own. Connects to each
/// public port once. Errors: Error when the apps of this host cannot be listed.
Facts look_at_host(const Environment& env, const Entry& entry);

/// Reads what the forwarder answers to `status` and `connections`. Errors: Error when it is none.
ForwarderStatus parse_status(const std::string& document);
std::vector<OpenConnection> parse_connections(const std::string& list);

/// Files of the ports role that no app needs: of apps that are gone, of a deploy that did not end,
/// of daemons that were killed. `visible`: the apps that the caller may see; nothing of the others.
/// Errors: Error when a directory cannot be read.
std::vector<Leftover> find_leftovers(const Environment& env, const std::string& properties,
                                     const std::set<std::string>& visible);

}  // namespace netports::doctor
