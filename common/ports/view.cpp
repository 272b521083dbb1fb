#include "ports/view.h"

#include <set>

#include "base/error.h"
#include "dokku/app.h"
#include "ports/table.h"

namespace netports {

namespace {

/// Why nothing is forwarded, and what changes that.
std::string next_step(const PortsRole& ports, const std::string& app) {
  const std::string& entry = ports.entry.name;
  const std::string set = fmt::format("dokku {}:ports-set {}", entry, app.empty() ? "<app>" : app);
  if (!app.empty() && !ports.store.active(app).mappings.empty()) {
    return fmt::format("None yet: dokku {}:ports-reload makes the forwarder read those of {}",
                       entry, app);
  }
  if (!app.empty() && ports.store.property(app)) {
    return fmt::format("None: {0} <mapping>... gives it some, {0} alone those of its PORTS file",
                       set);
  }
  return fmt::format("None: put a file PORTS into the image and deploy, or run {} <mapping>...",
                     set);
}

}  // namespace

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
  if (connections) {
    const std::string table = connections_table(document);
    if (!table.empty()) return text + table;
    const bool no_ports = has_no_ports(forwarder_document(ports, app, false));
    return text + fmt::format("       {}\n", no_ports ? next_step(ports, app) : "None is open");
  }
  if (has_no_ports(document)) text += fmt::format("       {}\n", next_step(ports, app));
  return text + status_table(document);
}

}  // namespace netports
