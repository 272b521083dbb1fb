#include "doctor/look.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "base/process.h"
#include "base/text.h"
#include "docker/engine.h"
#include "docker/json.h"
#include "doctor/dial.h"
#include "dokku/app.h"
#include "dokku/plugn.h"
#include "dokku/properties.h"
#include "dokku/users.h"
#include "ports/control.h"
#include "ports/role.h"

namespace netports::doctor {

namespace {

using std::chrono::milliseconds;

// Each question has its own; the slowest host with nothing that answers takes their sum.
constexpr milliseconds kForwarderTimeout{3'000};
constexpr milliseconds kEngineTimeout{5'000};
constexpr milliseconds kToolTimeout{5'000};
constexpr milliseconds kDialTimeout{2'000};
/// In which the forwarder finds out whether a container answers, and says so by a reset.
constexpr milliseconds kDialPatience{300};
constexpr std::size_t kMaxDials = 256;
constexpr std::uint64_t kWaitToRetire = 60;  // Dokku's own
/// A deploy stages its PORTS file when the image is built; none takes so long from then on.
constexpr std::time_t kStagedSeconds = 3600;

template <typename T, typename Question>
Answer<T> answer(const Question& question) {
  try {
    return {question(), ""};
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

std::uint64_t count(const json::Object& from, const std::string& key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::number(from, key)));
}

std::string ask_forwarder(const std::string& socket, const std::string& line) {
  Reply reply = ask(socket, line, kForwarderTimeout);
  if (!reply.error.empty()) throw Error("The forwarder says: {}", reply.error);
  return std::move(reply.body);
}

bool is_there(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

/// The content of a small file; empty when it cannot be read.
std::string content_of(const std::string& path) {
  try {
    return read_file(path).value_or("");
  } catch (const Error&) {
    return "";
  }
}

std::optional<std::uint64_t> number_in(const std::string& path) {
  return parse_number(trim(content_of(path)), INT64_MAX);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Where the program `name` is. Dokku's PATH may lack the directories of root's programs.
std::string find_program(const std::string& name) {
  const std::string path = variable("PATH");
  std::vector<std::string_view> directories = split(path, ':');
  for (const char* more : {"/usr/sbin", "/sbin", "/usr/bin", "/bin"})
    directories.emplace_back(more);
  for (const auto directory : directories) {
    if (!directory.starts_with('/')) continue;
    std::string file = fmt::format("{}/{}", directory, name);
    if (::access(file.c_str(), X_OK) == 0 && is_regular_file(file)) return file;
  }
  return "";
}

/// What a tool prints, in English. Errors: Error when it fails.
std::string output_of(const std::vector<std::string>& argv) {
  std::vector<std::string> words{"env", "LC_ALL=C"};
  words.insert(words.end(), argv.begin(), argv.end());
  ProcessResult result = run_process(words, kToolTimeout);
  if (result.status != 0) {
    throw Error("Unable to ask {}: {}", argv[0],
                result.err.empty() ? fmt::format("It ends with status {}", result.status)
                                   : printable(trim(result.err), 120));
  }
  return std::move(result.out);
}

// --- the forwarder -------------------------------------------------------------------------------

SocketFile look_at_socket(const Environment& env) {
  SocketFile file{env.ports_socket};
  try {
    const auto owner = system_owner(env);
    file.right_group = owner ? owner->group : ::getegid();
  } catch (const Error&) {  // no such user here: nothing to compare with
  }
  struct stat info {};
  if (::lstat(file.path.c_str(), &info) != 0) {
    file.denied = errno == EACCES;
    return file;
  }
  file.exists = true;
  file.is_socket = S_ISSOCK(info.st_mode);
  file.mode = info.st_mode & 07777;
  file.group = info.st_gid;
  file.denied = ::access(file.path.c_str(), W_OK) != 0 && errno == EACCES;
  return file;
}

/// As init/service.sh has it.
bool has_systemd(const std::string& root) {
  return root.empty() && is_directory("/run/systemd/system");
}

void ask_systemd(Service& service) {
  try {
    const std::string answer = output_of(
        {"systemctl", "show", "--property=UnitFileState,ActiveState", "dokku-ports.service"});
    for (const auto line : split(answer, '\n')) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      const auto key = line.substr(0, equals);
      const auto value = line.substr(equals + 1);
      if (key == "UnitFileState" && !value.empty()) service.starts_at_boot = value == "enabled";
      if (key == "ActiveState") service.active = value;
    }
  } catch (const Error&) {  // not for this user: the link says as much
    service.starts_at_boot =
        is_there("/etc/systemd/system/multi-user.target.wants/dokku-ports.service");
  }
}

/// Whether a run level starts the script. Nothing where there are no run levels.
std::optional<bool> starts_by_run_level() {
  std::optional<bool> starts;
  for (const char* level : {"2", "3", "4", "5"}) {
    const std::string directory = fmt::format("/etc/rc{}.d", level);
    if (!is_directory(directory)) continue;
    if (!starts) starts = false;
    for (const auto& name : directory_entries(directory)) {
      if (name.starts_with('S') && name.ends_with("dokku-ports")) starts = true;
    }
  }
  return starts;
}

Service look_at_service(const Entry& entry) {
  Service service;
  service.packaged = is_there(entry.directory + "/.packaged");
  if (!variable("DOKKU_PORTS_NO_SERVICE").empty()) return service;
  const std::string root = variable("DOKKU_PORTS_SERVICE_ROOT");
  service.manager = has_systemd(root) ? Service::Manager::systemd : Service::Manager::sysv;
  service.script = root + "/etc/init.d/dokku-ports";
  service.log = root + "/var/log/dokku-ports.log";
  std::vector<std::string> files{service.script};
  if (service.manager == Service::Manager::systemd) {
    files = {"/etc/systemd/system/dokku-ports.service", "/lib/systemd/system/dokku-ports.service",
             "/usr/lib/systemd/system/dokku-ports.service"};
  }
  for (const auto& file : files) {
    if (service.file.empty() && is_regular_file(file)) service.file = file;
  }
  const std::string text = service.file.empty() ? "" : content_of(service.file);
  const std::string from_package = root + "/usr/lib/dokku-netports/dokku-ports";
  for (const auto& program : {from_package, root + "/usr/local/lib/dokku-ports/dokku-ports"}) {
    const bool named = text.find(program) != std::string::npos;
    struct stat info {};
    if (!named || ::stat(program.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    service.program = program;
    service.only_root_writes = info.st_uid == 0 && (info.st_mode & 0022) == 0;
  }
  if (service.file.empty()) return service;
  if (service.manager == Service::Manager::systemd) {
    ask_systemd(service);
  } else if (root.empty()) {
    service.starts_at_boot = starts_by_run_level();
  }
  return service;
}

std::vector<OlderDaemon> look_at_older(const Environment& env, const ForwarderStatus& status,
                                       const std::set<std::string>& visible) {
  std::vector<OlderDaemon> daemons;
  for (const auto pid : status.older_daemons) {
    const std::string socket = control_path_of(env.ports_socket, pid);
    daemons.push_back({pid, answer<std::vector<OpenConnection>>([&] {
                         auto list = parse_connections(ask_forwarder(socket, "connections"));
                         for (auto& open : list) {
                           if (!visible.contains(open.app)) open.app.clear();
                         }
                         return list;
                       })});
    // One that has just ended is none any more.
    if (!daemons.back().connections.value && ::kill(static_cast<pid_t>(pid), 0) != 0 &&
        errno == ESRCH) {
      daemons.pop_back();
    }
  }
  return daemons;
}

/// Without what belongs to apps that the caller may not see.
void keep_visible(ForwarderStatus& status, const std::set<std::string>& visible) {
  const auto hidden = [&](const auto& one) { return !visible.contains(one.app); };
  std::erase_if(status.ports, hidden);
  std::erase_if(status.problems, hidden);
}

Answer<ForwarderStatus> look_at_forwarder(const Environment& env,
                                          const std::set<std::string>& visible) {
  return answer<ForwarderStatus>([&] {
    auto status = parse_status(ask_forwarder(env.ports_socket, "status"));
    keep_visible(status, visible);
    return status;
  });
}

// --- public ports --------------------------------------------------------------------------------

std::vector<AppMappings> look_at_apps(const PortStore& store,
                                      const std::set<std::string>& visible) {
  std::vector<AppMappings> apps;
  for (const auto& app : store.apps()) {
    if (!visible.contains(app)) continue;
    auto ports = store.active(app);
    if (ports.mappings.empty() && ports.problem.empty()) continue;
    apps.push_back({app, ports.problem, std::move(ports.mappings)});
  }
  return apps;
}

/// Where this host reaches what listens there.
IpAddress address_of(const ListenAddress& listen) {
  if (!listen.ip) return *IpAddress::parse("127.0.0.1");
  if (!listen.ip->is_any()) return *listen.ip;
  return *IpAddress::parse(listen.ip->is_v6() ? "::1" : "127.0.0.1");
}

/// Whether the mapping's own options may end a connection that this host makes.
bool may_turn_away(const MappingOptions& options) {
  return !options.allow.empty() || !options.deny.empty() || !options.accept_proxy.empty() ||
         options.max_rate > 0 || options.overflow == Overflow::reset;
}

void dial_ports(Facts& facts) {
  std::set<std::pair<std::string, std::string>> listening;
  for (const auto& port : facts.status.value->ports) {
    if (port.state == "listening") listening.emplace(port.listen, port.app);
  }
  std::vector<DialTarget> targets;
  std::vector<const MappingOptions*> options;
  for (const auto& app : facts.apps) {
    for (const auto& mapping : app.mappings) {
      const std::string listen = mapping.listen.text();
      // Behind one that is not listening somebody else might answer.
      if (!listening.contains({listen, app.app})) continue;
      if (targets.size() == kMaxDials) {
        ++facts.not_dialled;
        continue;
      }
      targets.push_back({address_of(mapping.listen), mapping.listen.port});
      options.push_back(&mapping.options);
      facts.dials.push_back({listen, app.app, "", false});
    }
  }
  const auto results = dial(targets, kDialTimeout, kDialPatience);
  for (std::size_t i = 0; i < results.size(); ++i) {
    facts.dials[i].error = results[i].error;
    facts.dials[i].closed_at_once = results[i].closed_at_once && !may_turn_away(*options[i]);
  }
}

/// A port without a container that answers is closed at once, which is told elsewhere.
void excuse_without_backend(Facts& facts) {
  for (const auto& port : facts.status.value->ports) {
    const bool served = std::any_of(port.backends.begin(), port.backends.end(),
                                    [](const auto& backend) { return backend.state == "up"; });
    for (auto& dial : facts.dials) {
      if (!served && dial.listen == port.listen && dial.app == port.app) {
        dial.closed_at_once = false;
      }
    }
  }
}

/// How long Dokku leaves old containers. Asked of Dokku once: it answers the same for every app
/// that has no value of its own.
class WaitToRetire {
 public:
  explicit WaitToRetire(const Environment& env) : env_(env), checks_(env, "checks") {}

  std::uint64_t of(const std::string& app) {
    if (const auto own = seconds(checks_.get(app, kProperty).value_or(""))) return *own;
    if (!otherwise_) otherwise_ = ask(app).value_or(kWaitToRetire);
    return *otherwise_;
  }

 private:
  static constexpr const char* kProperty = "wait-to-retire";

  static std::optional<std::uint64_t> seconds(std::string_view text) {
    return parse_number(trim(text), 1'000'000'000);
  }

  [[nodiscard]] std::optional<std::uint64_t> ask(const std::string& app) const {
    if (!plugn::is_implemented(env_, "checks-get-property", {"20_events"})) return {};
    try {
      return seconds(
          run_process({"plugn", "trigger", "checks-get-property", app, kProperty}, kToolTimeout)
              .out);
    } catch (const Error&) {
      return {};
    }
  }

  const Environment& env_;
  const Properties checks_;
  std::optional<std::uint64_t> otherwise_;
};

std::vector<AppConnections> look_at_connections(const Environment& env,
                                                const std::set<std::string>& visible) {
  std::map<std::string, std::vector<std::uint64_t>> ages;
  for (const auto& open : parse_connections(ask_forwarder(env.ports_socket, "connections"))) {
    // What drains is a deploy's already.
    const bool counts = visible.contains(open.app) && open.state != "draining";
    if (counts) ages[open.app].push_back(open.age_seconds);
  }
  WaitToRetire wait(env);
  std::vector<AppConnections> apps;
  for (auto& [app, its_ages] : ages) apps.push_back({app, wait.of(app), std::move(its_ages)});
  return apps;
}

// --- the packet filter ---------------------------------------------------------------------------

/// Of several tools the one that others are built on comes last.
Firewall ask_firewall() {
  if (const auto ufw = find_program("ufw"); !ufw.empty()) {
    auto firewall = parse_ufw(output_of({ufw, "status", "verbose"}));
    if (!firewall.name.empty()) return firewall;
  }
  if (const auto client = find_program("firewall-cmd"); !client.empty()) {
    try {
      return parse_firewalld(output_of({client, "--list-all"}));
    } catch (const Error&) {  // it does not run
    }
  }
  const auto iptables = find_program("iptables");
  if (const auto nft = find_program("nft"); !nft.empty()) {
    auto firewall = parse_nftables(output_of({nft, "-j", "list", "ruleset"}));
    if (!firewall.drops || iptables.empty()) return firewall;
    // Rules of iptables stand there too, some in a form that only iptables can read.
    const auto rules = parse_iptables(output_of({iptables, "-S"}));
    firewall.named.insert(firewall.named.end(), rules.named.begin(), rules.named.end());
    return firewall;
  }
  return iptables.empty() ? Firewall{} : parse_iptables(output_of({iptables, "-S"}));
}

void look_at_firewall(Facts& facts) {
  if (::geteuid() == 0) {
    facts.firewall = answer<Firewall>(ask_firewall);
    return;
  }
  facts.firewall.error = "Only root sees the rules of this host's packet filter";
  if (content_of("/etc/ufw/ufw.conf").find("\nENABLED=yes") != std::string::npos) {
    facts.firewall.error = "ufw is active, and only root sees its rules";
    facts.firewall_next = "As root: ufw status verbose";
  } else if (!find_program("firewall-cmd").empty()) {
    facts.firewall_next = "As root: firewall-cmd --list-all";
  } else if (!find_program("nft").empty()) {
    facts.firewall_next = "As root: nft list ruleset";
  } else if (!find_program("iptables").empty()) {
    facts.firewall_next = "As root: iptables -S";
  }
}

// --- the kernel ----------------------------------------------------------------------------------

/// The soft limit in the line of /proc/<pid>/limits that begins with `name`.
std::optional<std::uint64_t> limit_of(std::int64_t pid, std::string_view name) {
  if (pid <= 0) return {};
  const std::string limits = content_of(fmt::format("/proc/{}/limits", pid));
  for (const auto line : split(limits, '\n')) {
    if (!line.starts_with(name)) continue;
    const auto values = words(line.substr(name.size()));
    if (values.empty()) return {};
    if (values[0] == "unlimited") return INT64_MAX;
    return parse_number(values[0], INT64_MAX);
  }
  return {};
}

std::optional<PortRange> local_ports() {
  const std::string text = content_of("/proc/sys/net/ipv4/ip_local_port_range");
  const auto ends = words(trim(text));
  if (ends.size() != 2) return {};
  const auto first = parse_port(ends[0]);
  const auto last = parse_port(ends[1]);
  if (!first || !last || *last < *first) return {};
  return PortRange{*first, *last};
}

/// The number behind "tw" in the line of TCP.
std::optional<std::uint64_t> time_wait() {
  const std::string text = content_of("/proc/net/sockstat");
  for (const auto line : split(text, '\n')) {
    const auto pieces = words(line);
    if (pieces.empty() || pieces[0] != "TCP:") continue;
    const auto name = std::find(pieces.begin(), pieces.end(), "tw");
    if (name != pieces.end() && name + 1 != pieces.end()) return parse_number(name[1], INT64_MAX);
  }
  return {};
}

Kernel look_at_kernel(std::int64_t daemon) {
  Kernel kernel;
  kernel.descriptors = limit_of(daemon, "Max open files");
  kernel.local_ports = local_ports();
  kernel.reserved_ports = trim(content_of("/proc/sys/net/ipv4/ip_local_reserved_ports"));
  kernel.tw_reuse = number_in("/proc/sys/net/ipv4/tcp_tw_reuse");
  kernel.time_wait = time_wait();
  kernel.somaxconn = number_in("/proc/sys/net/core/somaxconn");
  return kernel;
}

// --- files ---------------------------------------------------------------------------------------

void add_control_sockets(const std::string& socket, std::vector<Leftover>& found) {
  const auto slash = socket.find_last_of('/');
  const std::string directory = socket.substr(0, slash);
  const std::string prefix = socket.substr(slash + 1) + ".";
  for (const auto& name : directory_entries(directory)) {
    if (!name.starts_with(prefix)) continue;
    const auto pid = parse_number(std::string_view(name).substr(prefix.size()), 1 << 30);
    if (!pid || ::kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) continue;
    found.push_back({fmt::format("Control socket of process {}, which has ended", *pid),
                     directory + "/" + name});
  }
}

/// Whether the app's deploy lock is held. Looked up, not tried: a deploy that begins just then
/// would find it taken.
bool deploys(const Environment& env, const std::string& app) {
  struct stat info {};
  const std::string lock = fmt::format("{}/data/apps/{}/.deploy.lock", env.dokku_lib_root, app);
  if (::stat(lock.c_str(), &info) != 0) return false;
  return content_of("/proc/locks").find(fmt::format(":{} ", info.st_ino)) != std::string::npos;
}

/// Seconds since the file was written; nothing when there is none.
std::optional<std::time_t> age_of(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  return std::time(nullptr) - info.st_mtime;
}

/// Whether every entry of the directory is a file of ours.
bool has_only_ours(const std::string& directory) {
  const auto names = directory_entries(directory);
  return std::all_of(names.begin(), names.end(), [&](const auto& name) {
    return (name == "PORTS" || name == "PORTS.staged") && is_regular_file(directory + "/" + name);
  });
}

/// The PORTS files of a directory of DOKKU_ROOT that is no app's. Whatever else lies there is
/// somebody's.
void add_foreign_ports(const std::string& name, const std::string& directory,
                       std::vector<Leftover>& found) {
  if (has_only_ours(directory)) {
    found.push_back({fmt::format("Ports of {}, which is not an app", name), directory});
    return;
  }
  for (const char* file : {"PORTS", "PORTS.staged"}) {
    const std::string path = fmt::format("{}/{}", directory, file);
    if (!is_regular_file(path)) continue;
    found.push_back({fmt::format("File {} of {}, which is not an app", file, name), path});
  }
}

void add_ports_files(const Environment& env, const std::set<std::string>& visible,
                     std::vector<Leftover>& found) {
  for (const auto& name : directory_entries(env.dokku_root)) {
    const std::string directory = env.dokku_root + "/" + name;
    const bool ours = is_there(directory + "/PORTS") || is_there(directory + "/PORTS.staged");
    if (!ours || (is_app_name(name) && !visible.contains(name))) continue;
    if (!is_app_name(name) || has_only_ours(directory)) {
      add_foreign_ports(name, directory, found);
      continue;
    }
    const std::string staged = directory + "/PORTS.staged";
    const auto age = age_of(staged);
    if (age && *age > kStagedSeconds && !deploys(env, name)) {
      found.push_back({fmt::format("Ports of a release of {} that did not go live, {} h ago", name,
                                   *age / 3600),
                       staged});
    }
  }
}

void add_settings(const Environment& env, const std::string& properties,
                  std::vector<Leftover>& found) {
  for (const auto& name : directory_entries(properties)) {
    if (name == kGlobal || name.starts_with('.')) continue;
    if (is_app_name(name) && is_directory(app_directory(env, name))) continue;
    found.push_back(
        {fmt::format("Settings of app {}, which does not exist", name), properties + "/" + name});
  }
}

TakeoverState look_at_takeover(const Environment& env, const Entry& entry) {
  const Takeover takeover(env, entry);
  return {takeover.holder(), takeover.holder_name(), takeover.remembered()};
}

}  // namespace

ForwarderStatus parse_status(const std::string& document) {
  const auto root = json::parse_object(document, "the forwarder's status");
  ForwarderStatus status;
  status.version = json::text(root, "version");
  status.program = json::text(root, "program");
  status.pid = json::number(root, "pid");
  status.open = count(root, "open");
  status.max_connections = count(root, "max_connections");
  status.engine_error = json::text(root, "engine_error");
  for (const auto pid : json::numbers(json::array(root, "older_daemons"))) {
    if (pid > 0 && pid <= 1 << 30) status.older_daemons.push_back(pid);
  }
  for (const auto& entry : json::objects(json::array(root, "ports"))) {
    PortStatus port{json::text(entry, "listen"), json::text(entry, "app"),
                    json::text(entry, "state"), json::text(entry, "error"),
                    count(entry, "private_port")};
    for (const auto& backend : json::objects(json::array(entry, "backends"))) {
      port.backends.push_back(
          {json::text(backend, "name"), json::text(backend, "state"), count(backend, "open")});
    }
    status.ports.push_back(std::move(port));
  }
  for (const auto& problem : json::objects(json::array(root, "problems"))) {
    status.problems.push_back({json::text(problem, "app"), json::text(problem, "text")});
  }
  return status;
}

std::vector<OpenConnection> parse_connections(const std::string& list) {
  std::vector<OpenConnection> connections;
  for (const auto& entry : json::objects(json::parse_array(list, "the forwarder's connections"))) {
    connections.push_back(
        {json::text(entry, "app"), json::text(entry, "state"), count(entry, "age_seconds")});
  }
  return connections;
}

std::vector<Leftover> find_leftovers(const Environment& env, const std::string& properties,
                                     const std::set<std::string>& visible) {
  std::vector<Leftover> found;
  add_settings(env, properties, found);
  add_ports_files(env, visible, found);
  add_control_sockets(env.ports_socket, found);
  return found;
}

Facts look_at_host(const Environment& env, const Entry& entry) {
  const PortsRole role(env, entry);
  const auto apps = visible_apps(env);
  const std::set<std::string> visible(apps.begin(), apps.end());
  Facts facts;
  facts.entry = entry.name;
  facts.version = NETPORTS_VERSION;
  facts.socket = look_at_socket(env);
  facts.service = look_at_service(entry);
  facts.program = fingerprint_of(entry.directory + "/bin/dokku-ports");
  // A package has it in the service's place alone.
  if (facts.program.empty()) facts.program = fingerprint_of(facts.service.program);
  facts.apps = look_at_apps(role.store, visible);
  facts.status = look_at_forwarder(env, visible);
  if (facts.status.value) {
    facts.older = look_at_older(env, *facts.status.value, visible);
    dial_ports(facts);
    // Now it has dialled each of its containers itself, and knows which of them answer.
    if (!facts.dials.empty()) {
      auto after = look_at_forwarder(env, visible);
      if (after.value) facts.status = std::move(after);
      excuse_without_backend(facts);
    }
    facts.connections =
        answer<std::vector<AppConnections>>([&] { return look_at_connections(env, visible); });
  }
  look_at_firewall(facts);
  facts.takeover = look_at_takeover(env, entry);
  facts.leftovers = answer<std::vector<Leftover>>(
      [&] { return find_leftovers(env, role.properties.directory(), visible); });
  facts.engine_version = answer<std::string>(
      [&] { return json::text(Engine(env, kEngineTimeout).get_object("/version"), "Version"); });
  facts.kernel = look_at_kernel(facts.status.value ? facts.status.value->pid : 0);
  return facts;
}

}  // namespace netports::doctor
