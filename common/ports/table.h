// The forwarder's status document, cut down and drawn. Needs Poco.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace netports {

/// `document` without what concerns apps that are not in `apps`, members in the order they came in.
/// Errors: Error when it is no status document.
std::string status_of_apps(const std::string& document, const std::set<std::string>& apps);

/// The processes from before upgrades that the document names. Errors: as above.
std::vector<std::int64_t> older_daemons(const std::string& document);

/// `document` with the ports of `older`, the status of a daemon from before an upgrade, behind its
/// own. Errors: as above, for both.
std::string status_and(const std::string& document, const std::string& older);

/// Whether the document has neither a public port nor an app with a problem. Errors: as above.
bool has_no_ports(const std::string& document);

/// One line for each backend of each public port, columns aligned under a heading; then, each in
/// one line, what is wrong with a port or an app. Empty when the document has neither. Errors:
/// Error when it is no status document.
std::string status_table(const std::string& document);

/// The same for the list of open connections: `list` with those of `older` behind them, without
/// those of other apps, and as a table with one line a connection. RELEASE is the container's short
/// id. Errors: Error when it is no list.
std::string connections_and(const std::string& list, const std::string& older);
std::string connections_of_apps(const std::string& list, const std::set<std::string>& apps);
std::string connections_table(const std::string& list);

/// "0", "999", "1.2k", "34k", "5.6M": at most four digits wide.
std::string short_number(std::uint64_t number);

}  // namespace netports
