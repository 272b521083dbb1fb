#include "ports/release.h"

#include <fmt/format.h>

#include "base/text.h"
#include "docker/container.h"
#include "docker/image_file.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/users.h"
#include "ports/claims.h"
#include "ports/readiness.h"

namespace netports {

namespace {

constexpr std::chrono::milliseconds kEngineEvery{500};

/// The PORTS text to stage. Where `ports-set` counts instead of the file, a wrong one is worth a
/// warning only: it may be somebody else's image, and the app needs no PORTS file.
std::string checked_text(const PortsRole& ports, const std::string& builder, const std::string& app,
                         const std::string& image, std::vector<PortMapping>& mappings) {
  const bool overridden = ports.store.property(app).has_value();
  std::string text;
  try {
    const Engine engine(ports.env);
    text = read_image_file(engine, image, builder, "PORTS", kMaxPortsFileBytes, app).value_or("");
    mappings = parse_ports(text, "PORTS");
  } catch (const EngineError&) {
    throw;
  } catch (const Error& error) {
    if (!overridden) throw;
    log::warn("{}", error.what());
  }
  return text;
}

/// Follows one new container: the ways to its ports, and whether there is still something to wait
/// for.
class NewContainer {
 public:
  NewContainer(const PortsRole& ports, std::string id, std::string label, const std::string& ip)
      : engine_(ports.env),
        id_(std::move(id)),
        label_(std::move(label)),
        address_(IpAddress::parse(ip)) {}

  std::vector<Target> targets(const std::vector<std::uint16_t>& ports, bool published) {
    if (std::chrono::steady_clock::now() >= ask_again_) look();
    auto targets = address_ ? direct_targets(ports, *address_) : std::vector<Target>{};
    if (!published) return targets;
    for (const auto& port : published_) {
      const auto ip = IpAddress::parse(port.host_ip);
      const bool any = !ip || ip->is_any();
      const bool v6 = ip && ip->is_v6();
      targets.push_back({port.private_port, any ? *IpAddress::parse(v6 ? "::1" : "127.0.0.1") : *ip,
                         port.host_port, /*relayed=*/true});
    }
    return targets;
  }

 private:
  void look() {
    Container container;
    try {
      container = inspect_container(engine_, id_);
    } catch (const EngineError& error) {
      if (error.http_status() != 404) throw;
      throw Error("Container {} is gone", label_);
    }
    ask_again_ = std::chrono::steady_clock::now() + kEngineEvery;
    if (container.state != "running" && container.state != "restarting") {
      throw Error("Container {} is not running: It has state {}", label_, container.state);
    }
    published_ = container.published;
    // Dokku's word counts while it is one of the container's own; a restart may give another.
    if (address_ && (container.network_mode == "host" || has(container, *address_))) return;
    const auto found = IpAddress::parse(container.host_reachable_address());
    if (found) address_ = found;
  }

  static bool has(const Container& container, const IpAddress& address) {
    for (const auto& [network, text] : container.addresses) {
      if (IpAddress::parse(text) == address) return true;
    }
    return false;
  }

  Engine engine_;
  std::string id_;
  std::string label_;
  std::optional<IpAddress> address_;
  std::vector<PublishedPort> published_;
  std::chrono::steady_clock::time_point ask_again_;
};

}  // namespace

void stage_release(const PortsRole& ports, const std::string& builder, const std::string& app,
                   const std::string& image, bool warn) {
  if (!is_app_name(app)) throw Error("Unable to release \"{}\": It is no app", printable(app));
  std::vector<PortMapping> mappings;
  const std::string text = checked_text(ports, builder, app, image, mappings);
  if (text.empty() && !ports.has_state(app)) return;

  const FileLock lock = ports.lock_claims();
  const auto property = ports.store.property(app);
  const auto& claimed = property ? property->mappings : mappings;
  if (!claimed.empty()) {
    check_allowed(app, claimed, ports.allowed_ports(app));
    check_unclaimed(ports.store, app, claimed);
    for (const auto& held : ports.forwarder.probe(claimed)) {
      if (warn) log::warn("{}", not_free_text(app, held));
    }
  }
  if (text.empty() && !ports.store.staged(app) &&
      ports.store.released(app).source == AppPorts::Source::none) {
    return;
  }
  ports.store.stage(app, text, system_owner(ports.env));
}

void check_container(const PortsRole& ports, const std::string& app, const std::string& id,
                     const std::string& process, const std::string& ip, const std::string& number) {
  if (!is_app_name(app) || id.empty() || !ports.has_state(app)) return;
  const auto wanted = private_ports_of(ports.next_mappings(app), process);
  if (wanted.empty()) return;
  const CheckSettings checks(ports.env, app);
  if (checks.skipped(process)) return;

  const std::string label =
      fmt::format("{}.{} ({})", process, number.empty() ? "1" : number, id.substr(0, 12));
  NewContainer container(ports, id, label, ip);
  const bool published = ports.forward_via(app) == ForwardVia::published;
  const auto missing = wait_for_ports(wanted, checks.deadline(),
                                      [&] { return container.targets(wanted, published); });
  if (missing.empty()) return;
  throw Error("Container {} of app {} does not listen on port {} after {} seconds", label, app,
              fmt::join(missing, ", "), checks.deadline().count());
}

}  // namespace netports
