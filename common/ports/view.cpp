#include "ports/view.h"

#include <set>

#include "base/error.h"
#include "dokku/app.h"
#include "ports/table.h"

namespace netports {

std::string forwarder_document(const PortsRole& ports, const std::string& app, bool connections) {
  const std::string status = ports.forwarder.status(app);
  std::string document = connections ? ports.forwarder.connections(app) : status;
  // Those from before upgrades only finish, and are asked one by one.
  for (const auto pid : older_daemons(status)) {
    try {
      const ForwarderControl older = ports.forwarder.older(pid);
      document = connections ? connections_and(document, older.connections(app))
                             : status_and(document, older.status(app));
    } catch (const Error&) {
      continue;  // it has just ended
    }
  }
  if (app.empty()) {
    // Whoever may not see an app does not see its ports either.
    const auto apps = visible_apps(ports.env);
    const std::set<std::string> visible(apps.begin(), apps.end());
    document =
        connections ? connections_of_apps(document, visible) : status_of_apps(document, visible);
  }
  while (document.ends_with('\n')) document.pop_back();
  return document;
}

std::string forwarder_text(const PortsRole& ports, const std::string& app, bool connections,
                           bool quiet) {
  const std::string document = forwarder_document(ports, app, connections);
  std::string text;
  if (!quiet) {
    text = fmt::format("=====> {}{}{}\n", connections ? "Connections" : "Public ports",
                       app.empty() ? "" : " of ", app);
  }
  if (connections) return text + connections_table(document);
  return text + status_table(document);
}

}  // namespace netports
