#include "ports/lifecycle.h"

#include <fmt/format.h>

#include <functional>

#include "base/text.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "ports/claims.h"
#include "ports/readiness.h"

namespace netports {

namespace {

/// Asks the forwarder; a failure becomes one warning that begins with `so_what`.
void ask_or_warn(const std::function<std::vector<std::string>()>& question,
                 const std::string& so_what) {
  try {
    for (const auto& warning : question()) log::warn("{}", warning);
  } catch (const Error& error) {
    log::warn("{}: {}", so_what, error.what());
  }
}

void reload_or_warn(const PortsRole& ports, const std::string& app, const std::string& so_what) {
  ask_or_warn([&] { return ports.forwarder.reload(app); }, so_what);
}

void stop_or_warn(const PortsRole& ports, const std::string& app, const std::string& so_what) {
  ask_or_warn([&] { return ports.forwarder.stop(app); }, so_what);
}

std::string not_forwarded(const std::string& app, const std::vector<PortMapping>& mappings) {
  return fmt::format("Public ports of app {} are not forwarded ({})", app,
                     public_ports_text(mappings));
}

/// Dokku asks nobody whether the app listens when checks are off, so that is done here, before new
/// connections are sent to it.
void wait_where_unchecked(const PortsRole& ports, const std::string& app,
                          const std::vector<PortMapping>& mappings) {
  const CheckSettings checks(ports.env, app);
  const std::string directory = app_directory(ports.env, app);
  for (const auto& file : container_files(directory)) {
    if (!checks.disabled(file.process) && !checks.skipped(file.process)) continue;
    const auto wanted = private_ports_of(mappings, file.process);
    const std::string ip_file = fmt::format("{}/IP.{}.{}", directory, file.process, file.number);
    const auto text = read_file(ip_file, 256);
    const auto address = text ? IpAddress::parse(trim(*text)) : std::nullopt;
    if (wanted.empty() || !address) continue;
    const auto missing =
        wait_for_ports(wanted, checks.deadline(), [&] { return direct_targets(wanted, *address); });
    if (missing.empty()) continue;
    log::warn("Container {}.{} ({}) of app {} does not listen on port {} after {} seconds",
              file.process, file.number, file.id.substr(0, 12), app, fmt::join(missing, ", "),
              checks.deadline().count());
  }
}

void remove_files_or_warn(const PortsRole& ports, const std::string& app) {
  try {
    ports.store.remove(app);
  } catch (const Error& error) {
    log::warn("{}", error.what());
  }
}

}  // namespace

std::string docker_words(const PortsRole& ports, const std::string& app,
                         const std::string& process) {
  if (!is_app_name(app) || process.empty() || !ports.has_state(app) ||
      ports.forward_via(app) != ForwardVia::published) {
    return "";
  }
  const bool everywhere =
      Properties(ports.env, "network").computed(app, "bind-all-interfaces") == "true";
  std::string text;
  for (const auto port : private_ports_of(ports.next_mappings(app), process)) {
    text += fmt::format(" -p {}{}", everywhere ? "" : "127.0.0.1::", port);
  }
  return text;
}

std::string docker_words_of_old(const PortsRole& ports, const std::string& app) {
  if (!is_app_name(app) || !ports.has_state(app)) return "";
  std::string text;
  for (const auto& mapping : ports.next_mappings(app)) {
    text += fmt::format("-p {} ", mapping.private_port);
  }
  return text;
}

void forget_leftovers(const PortsRole& ports, const std::string& app) {
  if (!is_app_name(app)) return;
  ports.properties.remove_all(app);
  if (ports.has_state(app)) ports.store.remove(app);
}

void activate(const PortsRole& ports, const std::string& app) {
  if (!is_app_name(app) || !ports.has_state(app)) return;
  const auto before = ports.store.active(app).mappings;
  std::vector<PortMapping> mappings;
  try {
    mappings = ports.next_mappings(app);
    wait_where_unchecked(ports, app, mappings);
    const FileLock lock = ports.lock_claims();
    (void)ports.store.promote(app);
  } catch (const Error& error) {
    log::warn("Public ports of app {} stay as they were: {}", app, error.what());
    mappings = before;
  }
  if (mappings.empty() && before.empty()) return;
  if (!mappings.empty()) {
    log::info1_quiet("Forwarding public ports of {} ({})", app, public_ports_text(mappings));
  }
  reload_or_warn(ports, app,
                 mappings.empty() ? fmt::format("Former public ports of app {} stay open ({})", app,
                                                public_ports_text(before))
                                  : not_forwarded(app, mappings));
}

void before_start(const PortsRole& ports, const std::string& app) {
  if (!is_app_name(app) || !ports.has_state(app)) return;
  const auto mappings = ports.store.active(app).mappings;
  if (!mappings.empty()) reload_or_warn(ports, app, not_forwarded(app, mappings));
}

void after_stop(const PortsRole& ports, const std::string& app) {
  if (!is_app_name(app) || !ports.has_state(app)) return;
  const auto mappings = ports.store.active(app).mappings;
  if (!mappings.empty()) {
    stop_or_warn(ports, app, fmt::format("Connections to app {} are not reset", app));
  }
}

void forget(const PortsRole& ports, const std::string& app) {
  if (!is_app_name(app))
    throw Error("Unable to remove the ports of \"{}\": It is no app", printable(app));
  const bool had_state = ports.has_state(app);
  const auto mappings = ports.store.active(app).mappings;
  {
    std::optional<FileLock> lock;
    if (had_state) lock.emplace(ports.lock_claims());
    ports.properties.remove_all(app);
    if (had_state) remove_files_or_warn(ports, app);
  }
  if (mappings.empty()) return;
  reload_or_warn(
      ports, app,
      fmt::format("Public ports of app {} stay open ({})", app, public_ports_text(mappings)));
}

void clone(const PortsRole& ports, const std::string& app, const std::string& copy) {
  if (!is_app_name(app) || !is_app_name(copy) || app == copy) {
    throw Error("Unable to clone the ports of \"{}\" to \"{}\"", printable(app), printable(copy));
  }
  const bool had_ports = ports.has_state(app);
  if (had_ports) {
    // Set first: from here on no file that git copies counts.
    ports.properties.set(copy, PortStore::kProperty, "");
    remove_files_or_warn(ports, copy);
  }
  for (const auto& name : ports.properties.names(app)) {
    if (name == PortStore::kProperty) continue;
    if (const auto value = ports.properties.get(app, name))
      ports.properties.set(copy, name, *value);
  }
  if (!had_ports) return;
  log::warn("App {} has no public ports: Those of {} stay with it", copy, app);
  log::warn("Give it its own with: dokku {}:ports-set {} <mapping>...", ports.entry.name, copy);
}

void drop_copied_files(const PortsRole& ports, const std::string& copy) {
  if (!is_app_name(copy)) return;
  const auto property = ports.store.property(copy);
  if (property && property->mappings.empty()) remove_files_or_warn(ports, copy);
}

void rename(const PortsRole& ports, const std::string& app, const std::string& renamed) {
  if (!is_app_name(app) || !is_app_name(renamed) || app == renamed) {
    throw Error("Unable to rename the ports of \"{}\" to \"{}\"", printable(app),
                printable(renamed));
  }
  if (!ports.has_state(app) && ports.properties.names(app).empty()) {
    ports.properties.remove_all(app);  // of a run that was killed: an empty directory, a temp file
    return;
  }
  const auto mappings = ports.store.active(app).mappings;
  {
    const FileLock lock = ports.lock_claims();
    ports.properties.copy(app, renamed);
    ports.store.move(app, renamed);
    ports.properties.remove_all(app);
  }
  // All apps in one reload: the forwarder sees the ports go and come at once, and keeps listening.
  if (!mappings.empty()) reload_or_warn(ports, "", not_forwarded(renamed, mappings));
}

}  // namespace netports
