#include "doctor/judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "ports/claims.h"

namespace netports::doctor {

namespace {

/// What one line names one by one; of more it says how many.
constexpr std::size_t kNamed = 3;
constexpr std::size_t kMaxText = 160;
constexpr std::uint64_t kLeastEngine[2]{20, 10};
/// Fewer descriptors than this are no choice, but what a shell or a container gives.
constexpr std::uint64_t kFewDescriptors = 16'384;
/// What the daemon asks for as the queue of each port.
constexpr std::uint64_t kListenQueue = 4096;

Finding ok(std::string found) { return {State::ok, std::move(found)}; }

Finding not_applicable(std::string found) { return {State::not_applicable, std::move(found)}; }

Finding unknown(const std::string& reason, std::string next = "") {
  return {State::unknown, printable(reason, kMaxText), std::move(next)};
}

/// What depends on the forwarder's answer is told once, by the check `daemon`.
Finding forwarder_silent() { return unknown("The forwarder does not answer"); }

Finding no_ports() { return not_applicable("No app has a public port"); }

/// "1 connection", "2 connections"
std::string amount(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

/// "59 s", "12 min", "5 h", "3 days"
std::string duration(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86'400);
}

/// What is not in order, worst first, and the next step of the first.
class Faults {
 public:
  void add(State state, const std::string& found, const std::string& next) {
    auto& same = state == State::problem ? problems_ : warnings_;
    same.push_back({printable(found, kMaxText), next});
  }

  /// `fine` when there is none.
  [[nodiscard]] Finding finding(std::string fine) const {
    if (problems_.empty() && warnings_.empty()) return ok(std::move(fine));
    std::vector<std::string> named;
    for (const auto* faults : {&problems_, &warnings_}) {
      for (const auto& fault : *faults) {
        if (named.size() < kNamed) named.push_back(fault.found);
      }
    }
    std::string found = join(named, "; ");
    const auto all = problems_.size() + warnings_.size();
    if (all > named.size()) found += fmt::format("; and {} more", all - named.size());
    const bool wrong = !problems_.empty();
    return {wrong ? State::problem : State::warning, std::move(found),
            (wrong ? problems_ : warnings_).front().next};
  }

 private:
  struct Fault {
    std::string found;
    std::string next;
  };
  std::vector<Fault> problems_;
  std::vector<Fault> warnings_;
};

std::string restart_command(const Service& service) {
  switch (service.manager) {
    case Service::Manager::none:
      return "restart the forwarder";
    case Service::Manager::systemd:
      return "systemctl restart dokku-ports";
    case Service::Manager::sysv:
      break;
  }
  return service.script + " restart";
}

/// How the daemon is made to run again, and where it says why it does not.
std::string start_advice(const Service& service) {
  switch (service.manager) {
    case Service::Manager::none:
      return "Start the forwarder: no service does it here (DOKKU_PORTS_NO_SERVICE)";
    case Service::Manager::systemd:
      return "journalctl -u dokku-ports; then, as root: " + restart_command(service);
    case Service::Manager::sysv:
      break;
  }
  return fmt::format("See {}; then, as root: {}", service.log, restart_command(service));
}

std::string upgrade_advice(const Service& service) {
  switch (service.manager) {
    case Service::Manager::none:
      return "Send the forwarder SIGUSR2, with the new program at its path";
    case Service::Manager::systemd:
      if (!service.packaged) break;
      return "As root: systemctl kill --kill-who=main --signal=USR2 dokku-ports";
    case Service::Manager::sysv:
      if (!service.packaged) break;
      return fmt::format("As root: {} upgrade", service.script);
  }
  return "As root: dokku plugin:install, which hands over and closes no connection";
}

/// How a missing part of the service is put back.
std::string place_advice(const Service& service) {
  if (!service.packaged) return "As root: dokku plugin:install, which places and starts it";
  // dpkg takes a conffile that is missing for one that the administrator removed.
  const bool conffile = service.manager == Service::Manager::sysv;
  return fmt::format("As root: apt-get install --reinstall {}./dokku-netports_<version>_<arch>.deb",
                     conffile ? "-o Dpkg::Options::=--force-confmiss " : "");
}

std::size_t mapping_count(const Facts& facts) {
  std::size_t count = 0;
  for (const auto& app : facts.apps) count += app.mappings.size();
  return count;
}

/// The words of every port and app in `finding` come from checked names, of the forwarder's answer
/// perhaps not.
std::string port_name(const std::string& listen, const std::string& app) {
  return printable(fmt::format("{} of {}", listen, app), 80);
}

/// `text` as one word for whoever copies a command into a shell.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// "25,6000-6010"
std::string ranges_text(const std::set<std::uint16_t>& ports) {
  std::vector<std::string> ranges;
  for (auto port = ports.begin(); port != ports.end();) {
    const unsigned first = *port;
    unsigned last = first;
    for (++port; port != ports.end() && *port == last + 1; ++port) last = *port;
    ranges.push_back(first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
  }
  return join(ranges, ",");
}

/// A time that an operator would choose, not below `seconds`.
std::uint64_t generous_wait(std::uint64_t seconds) {
  for (const std::uint64_t step : {300, 900, 3600, 14'400, 43'200, 86'400}) {
    if (seconds <= step) return step;
  }
  return (seconds + 86'399) / 86'400 * 86'400;
}

}  // namespace

// --- the forwarder -------------------------------------------------------------------------------

Finding judge_daemon(const Facts& facts) {
  if (!facts.status.value) {
    if (facts.socket.denied) {
      return unknown(fmt::format("{} is closed to this user", facts.socket.path),
                     "Run it through dokku, or as root");
    }
    return {State::problem, printable(facts.status.error, kMaxText), start_advice(facts.service)};
  }
  const auto& status = *facts.status.value;
  if (status.version != facts.version) {
    return {
        State::problem,
        fmt::format("Version {} runs, while the commands are of version {}",
                    status.version.empty() ? "?" : printable(status.version, 20), facts.version),
        upgrade_advice(facts.service)};
  }
  if (!status.program.empty() && !facts.program.empty() && status.program != facts.program) {
    return {State::problem,
            fmt::format("Process {} runs another build of version {} than the one installed",
                        status.pid, facts.version),
            upgrade_advice(facts.service)};
  }
  return ok(status.pid > 0
                ? fmt::format("Version {} answers, process {}", status.version, status.pid)
                : fmt::format("Version {} answers", status.version));
}

Finding judge_socket(const Facts& facts) {
  const auto& socket = facts.socket;
  const std::string path = printable(socket.path, 100);
  if (!socket.exists) {
    return not_applicable(fmt::format("{} is not there: the forwarder makes it", path));
  }
  if (!socket.is_socket) {
    return {State::problem, fmt::format("{} is no socket", path),
            fmt::format("As root: rm -r {}; then: {}", path, restart_command(facts.service))};
  }
  const std::string rights = fmt::format("{} has mode {:04o}", path, socket.mode);
  if ((socket.mode & 0007) != 0) {
    return {State::problem, rights + ": everybody on this host may command the forwarder",
            fmt::format("As root: chmod 0660 {}", path)};
  }
  if ((socket.mode & 0660) != 0660) {
    return {State::warning, rights + ", not 0660: some of Dokku's hooks cannot reach the forwarder",
            fmt::format("As root: chmod 0660 {}", path)};
  }
  if (socket.right_group && socket.group != *socket.right_group) {
    return {State::warning,
            fmt::format("{} belongs to group {}, not to Dokku's ({})", path, socket.group,
                        *socket.right_group),
            "As root: " + restart_command(facts.service)};
  }
  return ok(rights + ", for Dokku's group");
}

Finding judge_service(const Facts& facts) {
  const auto& service = facts.service;
  const bool systemd = service.manager == Service::Manager::systemd;
  const std::string kind = systemd ? "unit" : "init script";
  if (service.manager == Service::Manager::none) {
    return not_applicable("No service is wanted here (DOKKU_PORTS_NO_SERVICE)");
  }
  const std::string place = place_advice(service);
  if (service.file.empty()) {
    return {State::problem, fmt::format("No {} starts the forwarder", kind), place};
  }
  if (service.program.empty()) {
    return {State::problem,
            fmt::format("{} is there, but no forwarder that it could start", service.file), place};
  }
  if (!service.only_root_writes) {
    return {State::problem, fmt::format("{} can be changed by others than root", service.program),
            fmt::format("As root: chown root:root {0} && chmod 0755 {0}", service.program)};
  }
  // Empty: not known. The other words are of one that runs, or is about to.
  const bool down = service.active == "inactive" || service.active == "failed" ||
                    service.active == "deactivating";
  if (down) {
    return {State::problem,
            fmt::format("{} is {}{}", service.file, printable(service.active, 20),
                        facts.status.value ? ", while a forwarder runs that it did not start" : ""),
            start_advice(service)};
  }
  if (service.starts_at_boot == false) {
    return {State::warning, fmt::format("{} does not start it at boot", service.file),
            systemd
                ? "As root: systemctl enable dokku-ports"
                : "As root: update-rc.d dokku-ports defaults && update-rc.d dokku-ports enable"};
  }
  return ok(fmt::format("{}{}, for {}", service.file, service.starts_at_boot ? " is enabled" : "",
                        service.program));
}

Finding judge_older_daemons(const Facts& facts) {
  if (!facts.status.value) return forwarder_silent();
  if (facts.older.empty()) return ok("None: no upgrade is unfinished");
  std::vector<std::string> pieces;
  for (const auto& older : facts.older) {
    if (!older.connections.value) {
      pieces.push_back(fmt::format("process {} does not answer", older.pid));
      continue;
    }
    std::set<std::string> apps;
    std::uint64_t oldest = 0;
    for (const auto& connection : *older.connections.value) {
      if (!connection.app.empty()) apps.insert(connection.app);
      oldest = std::max(oldest, connection.age_seconds);
    }
    std::string text = fmt::format("process {} finishes {}", older.pid,
                                   amount(older.connections.value->size(), "connection"));
    if (!apps.empty()) text += " of " + join({apps.begin(), apps.end()}, ", ");
    if (oldest > 0) text += fmt::format(", the oldest open for {}", duration(oldest));
    pieces.push_back(printable(text, kMaxText));
  }
  return {State::warning, "From before an upgrade: " + join(pieces, "; "),
          fmt::format("Nothing, they end with their connections; to end one now, as root: kill {}",
                      facts.older.front().pid)};
}

// --- public ports --------------------------------------------------------------------------------

Finding judge_mappings(const Facts& facts) {
  if (facts.apps.empty()) return no_ports();
  Faults faults;
  std::set<std::string> told;
  for (const auto& app : facts.apps) {
    if (app.problem.empty()) continue;
    told.insert(app.app);
    faults.add(State::problem, fmt::format("App {}: {}", app.app, app.problem),
               fmt::format("Deploy {0} with a PORTS file that is right, or: dokku {1}:ports-set {0}"
                           " <mapping>...",
                           app.app, facts.entry));
  }
  if (facts.status.value) {
    for (const auto& problem : facts.status.value->problems) {
      if (told.contains(problem.app)) continue;
      faults.add(State::problem, fmt::format("App {}: {}", problem.app, problem.text),
                 fmt::format("dokku {}:ports {}", facts.entry, printable(problem.app, 80)));
    }
  }
  std::size_t with_ports = 0;
  for (const auto& app : facts.apps) with_ports += app.mappings.empty() ? 0 : 1;
  return faults.finding(fmt::format("{} of {}", amount(mapping_count(facts), "public port"),
                                    amount(with_ports, "app")));
}

Finding judge_listening(const Facts& facts) {
  if (mapping_count(facts) == 0) return no_ports();
  if (!facts.status.value) return forwarder_silent();
  std::map<std::pair<std::string, std::string>, const PortStatus*> known;
  for (const auto& port : facts.status.value->ports) {
    if (port.state != "draining") known[{port.listen, port.app}] = &port;
  }
  Faults faults;
  for (const auto& app : facts.apps) {
    for (const auto& mapping : app.mappings) {
      const std::string listen = mapping.listen.text();
      const auto found = known.find({listen, app.app});
      if (found == known.end()) {
        faults.add(State::problem,
                   fmt::format("Port {} is not known to the forwarder", port_name(listen, app.app)),
                   fmt::format("dokku {}:ports-reload", facts.entry));
      } else if (found->second->state != "listening") {
        faults.add(
            State::problem,
            fmt::format("Port {} is not served: {}", port_name(listen, app.app),
                        found->second->error),
            fmt::format("See who has it, as root: ss -ltnp 'sport = :{}'", mapping.listen.port));
      }
    }
  }
  return faults.finding(fmt::format("{}, all listening", amount(mapping_count(facts), "port")));
}

Finding judge_reachable(const Facts& facts) {
  if (mapping_count(facts) == 0) return no_ports();
  if (!facts.status.value) return forwarder_silent();
  if (facts.dials.empty()) return not_applicable("No port is listening");
  Faults faults;
  for (const auto& dial : facts.dials) {
    const std::string port = port_name(dial.listen, dial.app);
    if (!dial.error.empty()) {
      faults.add(
          State::problem,
          fmt::format("Port {} does not accept a connection from this host: {}", port, dial.error),
          "Look for a packet filter on the loopback interface, as root: nft list ruleset");
    } else if (dial.closed_at_once) {
      faults.add(State::warning, fmt::format("Port {} accepts, and is closed at once", port),
                 fmt::format("Look at what the app says: dokku logs {}", dial.app));
    }
  }
  std::string fine = fmt::format("{} accept from this host", amount(facts.dials.size(), "port"));
  if (facts.dials.size() == 1) fine = "1 port accepts from this host";
  if (facts.not_dialled > 0) fine += fmt::format("; {} more not tried", facts.not_dialled);
  return faults.finding(std::move(fine));
}

Finding judge_backends(const Facts& facts) {
  if (mapping_count(facts) == 0) return no_ports();
  if (!facts.status.value) return forwarder_silent();
  Faults faults;
  std::set<std::string> containers;
  for (const auto& port : facts.status.value->ports) {
    if (port.state == "draining") continue;
    std::vector<std::string> up;
    std::vector<std::string> down;
    for (const auto& backend : port.backends) {
      if (backend.state == "draining") continue;
      (backend.state == "up" ? up : down).push_back(backend.name);
      containers.insert(port.app + "." + backend.name);
    }
    const std::string name = port_name(port.listen, port.app);
    const std::string app = printable(port.app, 80);
    if (up.empty() && down.empty()) {
      // Stopped on purpose or not: nobody says.
      faults.add(State::warning, fmt::format("Port {} has no running container", name),
                 fmt::format("dokku ps:report {0}; unless it was stopped on purpose: dokku "
                             "ps:start {0}",
                             app));
    } else if (!down.empty()) {
      faults.add(up.empty() ? State::problem : State::warning,
                 fmt::format("Port {}: {} does not answer on port {}", name, join(down, ", "),
                             port.private_port),
                 fmt::format("Let the app listen on 0.0.0.0:{}, and look at: dokku logs {}",
                             port.private_port, app));
    }
  }
  return faults.finding(fmt::format("{} up", amount(containers.size(), "container")));
}

Finding judge_wait_to_retire(const Facts& facts) {
  if (mapping_count(facts) == 0) return no_ports();
  if (!facts.connections.value) {
    return facts.status.value ? unknown(facts.connections.error) : forwarder_silent();
  }
  Faults faults;
  std::uint64_t open = 0;
  for (const auto& app : *facts.connections.value) {
    open += app.ages_seconds.size();
    const auto longer = std::count_if(app.ages_seconds.begin(), app.ages_seconds.end(),
                                      [&](std::uint64_t age) { return age > app.wait_to_retire; });
    if (longer == 0) continue;
    const auto oldest = *std::max_element(app.ages_seconds.begin(), app.ages_seconds.end());
    const std::string name = printable(app.app, 80);
    faults.add(State::warning,
               fmt::format("A deploy of {} cuts connections after {}: {} of {} are open longer, "
                           "the oldest for {}",
                           name, duration(app.wait_to_retire), longer, app.ages_seconds.size(),
                           duration(oldest)),
               fmt::format("dokku checks:set {} wait-to-retire {}; and let the app keep serving "
                           "after SIGTERM",
                           name, generous_wait(oldest)));
  }
  return faults.finding(open == 0 ? "No connection is open"
                                  : fmt::format("{} open, none longer than a deploy leaves it",
                                                amount(open, "connection")));
}

Finding judge_firewall(const Facts& facts) {
  if (mapping_count(facts) == 0) return no_ports();
  if (!facts.firewall.value) return unknown(facts.firewall.error, facts.firewall_next);
  const auto& firewall = *facts.firewall.value;
  if (firewall.name.empty()) return ok("No packet filter was found on this host");
  if (!firewall.drops) return ok(firewall.name + " drops nothing that no rule names");
  std::vector<PortMapping> missing;
  for (const auto& app : facts.apps) {
    for (const auto& mapping : app.mappings) {
      if (!firewall.names(mapping.listen.port)) missing.push_back(mapping);
    }
  }
  if (missing.empty()) return ok(firewall.name + " is active and names every public port");
  return {
      State::warning,
      fmt::format("{} is active, and no rule of it names {}", firewall.name,
                  printable(public_ports_text(missing), kMaxText)),
      "If others shall reach it, as root: " + firewall.allow_command(missing.front().listen.port)};
}

// --- Dokku and the Docker Engine -----------------------------------------------------------------

Finding judge_takeover(const Facts& facts) {
  using Holder = Takeover::Holder;
  const auto& takeover = facts.takeover;
  const std::string again = fmt::format("dokku {}:takeover on", facts.entry);
  if (takeover.holder == Holder::nobody) {
    return {State::problem, "No plugin has Dokku's network role: deploys fail",
            "As root: dokku plugin:enable network"};
  }
  if (takeover.remembered && takeover.holder != Holder::us && takeover.holder != Holder::alone) {
    return {State::problem,
            fmt::format("Switched on once, but {} has the network role",
                        takeover.holder == Holder::core ? "Dokku's own plugin"
                                                        : printable(takeover.holder_name, 80)),
            fmt::format("{}; or, to leave it so: dokku {}:takeover off", again, facts.entry)};
  }
  switch (takeover.holder) {
    case Holder::us:
      if (!takeover.remembered) {
        return {State::warning,
                "This plugin has the network role, but an upgrade of Dokku may take it away",
                again};
      }
      return ok("On: this plugin has Dokku's network role");
    case Holder::alone:
      return ok("This plugin is the only one for networks");
    case Holder::other:
      return {State::warning,
              fmt::format("{}, another plugin, has Dokku's network role",
                          printable(takeover.holder_name, 80)),
              "Nothing, if that is meant"};
    case Holder::core:
    case Holder::nobody:
      break;
  }
  return ok("Off: Dokku's own plugin has the network role");
}

Finding judge_leftovers(const Facts& facts) {
  if (!facts.leftovers.value) return unknown(facts.leftovers.error);
  Faults faults;
  for (const auto& leftover : *facts.leftovers.value) {
    // A path that cannot be shown as it is makes a command about another file.
    const std::string path = printable(leftover.path, std::string::npos);
    const bool plain = path == leftover.path;
    faults.add(State::warning, leftover.what,
               plain ? "If nobody needs it: rm -r -- " + shell_word(path)
                     : "Remove it by hand if nobody needs it: its path is not plain text, " + path);
  }
  return faults.finding("None");
}

Finding judge_engine(const Facts& facts) {
  if (!facts.engine_version.value) {
    const auto& error = facts.engine_version.error;
    const bool denied = error.find("Permission denied") != std::string::npos;
    return {State::problem, printable(error, kMaxText),
            denied ? "Give the user access, as root: usermod --append --groups docker dokku"
                   : "As root: systemctl status docker"};
  }
  const std::string version = printable(*facts.engine_version.value, 40);
  const auto pieces = split(version, '.');
  const auto major = parse_number(pieces[0], 1'000'000);
  const auto minor =
      pieces.size() > 1 ? parse_number(pieces[1].substr(0, pieces[1].find_first_of("+-~")), 100'000)
                        : std::nullopt;
  if (!major || !minor) return unknown(fmt::format("Its version is \"{}\"", version));
  if (std::pair(*major, *minor) < std::pair(kLeastEngine[0], kLeastEngine[1])) {
    return {State::problem,
            fmt::format("Version {}, while {}.{} or later is needed", version, kLeastEngine[0],
                        kLeastEngine[1]),
            "Upgrade the Docker Engine"};
  }
  return ok(fmt::format("Version {} answers", version));
}

Finding judge_forwarders_engine(const Facts& facts) {
  if (!facts.status.value) return forwarder_silent();
  const auto& error = facts.status.value->engine_error;
  if (error.empty()) return ok("Follows the Engine's containers");
  return {State::problem, printable(error, kMaxText),
          facts.engine_version.value
              ? "The Engine answers commands: see that the forwarder asks the same one; then, as "
                "root: " +
                    restart_command(facts.service)
              : "As root: systemctl status docker"};
}

// --- the kernel's limits -------------------------------------------------------------------------

Finding judge_descriptors(const Facts& facts) {
  if (!facts.status.value) return forwarder_silent();
  if (!facts.kernel.descriptors) return unknown("The forwarder's limits cannot be read");
  const auto descriptors = *facts.kernel.descriptors;
  const auto& status = *facts.status.value;
  const std::string raise =
      facts.service.manager == Service::Manager::systemd
          ? "As root: systemctl edit dokku-ports, LimitNOFILE=1048576 under [Service]; then: " +
                restart_command(facts.service)
          : "Start it with a higher limit: ulimit -n 1048576";
  const std::string text = fmt::format("{} descriptors, for {}; {} open", descriptors,
                                       amount(status.max_connections, "connection"), status.open);
  if (status.max_connections > 0 && status.open >= status.max_connections) {
    return {State::problem, text + ": new clients wait", raise};
  }
  if (status.open * 10 >= status.max_connections * 8) return {State::warning, text, raise};
  if (descriptors < kFewDescriptors) return {State::warning, text + ": few", raise};
  return ok(text);
}

Finding judge_local_ports(const Facts& facts) {
  if (!facts.kernel.local_ports) return unknown("net.ipv4.ip_local_port_range cannot be read");
  const auto [first, last] = *facts.kernel.local_ports;
  const std::uint64_t size = last - first + 1U;
  // What a container's port has open, whichever public port leads to it.
  std::uint64_t most = 0;
  if (facts.status.value) {
    for (const auto& port : facts.status.value->ports) {
      for (const auto& backend : port.backends) most = std::max(most, backend.open);
    }
  }
  if (most * 10 >= size * 8) {
    return {State::warning,
            fmt::format("{} of {} local ports towards one container are in use", most, size),
            "Scale the app, or, as root: sysctl -w net.ipv4.ip_local_port_range='1024 65535'"};
  }
  const std::string& reserved_text = facts.kernel.reserved_ports;
  AllowedPorts reserved;
  if (!reserved_text.empty()) {
    try {
      reserved = AllowedPorts::parse(reserved_text);
    } catch (const Error&) {
      return unknown("net.ipv4.ip_local_reserved_ports cannot be read");
    }
  }
  std::set<std::uint16_t> taken;
  for (const auto& app : facts.apps) {
    for (const auto& mapping : app.mappings) {
      const auto port = mapping.listen.port;
      if (first <= port && port <= last && !reserved.allows(port)) taken.insert(port);
    }
  }
  const std::string range = fmt::format("{}-{}", first, last);
  if (taken.empty()) {
    return ok(fmt::format("{}: {} connections to one container's port", range, size));
  }
  const std::string list = ranges_text(taken);
  return {State::warning,
          fmt::format("Public port {} is in {}, of which other programs get local ports: it may be "
                      "taken when the forwarder starts",
                      printable(list, kMaxText), range),
          fmt::format("As root: sysctl -w net.ipv4.ip_local_reserved_ports={}{}{}", reserved_text,
                      reserved_text.empty() ? "" : ",", list)};
}

Finding judge_time_wait(const Facts& facts) {
  const auto& kernel = facts.kernel;
  if (!kernel.tw_reuse || !kernel.time_wait) return unknown("net.ipv4.tcp_tw_reuse cannot be read");
  const std::string text = fmt::format("tcp_tw_reuse is {}, {} kept in TIME_WAIT", *kernel.tw_reuse,
                                       amount(*kernel.time_wait, "finished connection"));
  const std::uint64_t ports =
      kernel.local_ports ? kernel.local_ports->last - kernel.local_ports->first + 1U : 28'232;
  if (*kernel.tw_reuse != 1 && *kernel.time_wait >= ports / 2) {
    return {State::warning, text + ": new ones to a container may fail",
            "As root: sysctl -w net.ipv4.tcp_tw_reuse=1"};
  }
  return ok(text);
}

Finding judge_listen_queue(const Facts& facts) {
  if (!facts.kernel.somaxconn) return unknown("net.core.somaxconn cannot be read");
  const auto queue = *facts.kernel.somaxconn;
  if (queue < kListenQueue) {
    return {
        State::warning,
        fmt::format("At most {} clients of a port wait to be accepted (net.core.somaxconn)", queue),
        fmt::format("As root: sysctl -w net.core.somaxconn={}; then: {}", kListenQueue,
                    restart_command(facts.service))};
  }
  return ok(fmt::format("net.core.somaxconn is {}", queue));
}

}  // namespace netports::doctor
