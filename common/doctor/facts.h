// What `doctor` knows about a host: plain values, so that judging them needs no host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctor/firewall.h"
#include "dokku/takeover.h"
#include "ports/mapping.h"

namespace netports::doctor {

/// What was asked for; nothing, and the reason, when it could not be found out.
template <typename T>
struct Answer {
  std::optional<T> value = {};
  std::string error = {};
};

/// The file of the control socket.
struct SocketFile {
  std::string path;
  bool exists = false;
  bool is_socket = false;
  bool denied = false;  // to who runs the doctor
  unsigned mode = 0;    // permission bits
  std::uint32_t group = 0;
  std::optional<std::uint32_t> right_group = {};  // nothing: the system does not know Dokku's group
};

struct BackendStatus {
  std::string name;
  std::string state;  // "up", "down", "draining"
  std::uint64_t open = 0;
};

struct PortStatus {
  std::string listen;
  std::string app;
  std::string state;  // "listening", "waiting", "draining"
  std::string error;
  std::uint64_t private_port = 0;
  std::vector<BackendStatus> backends = {};
};

struct AppProblem {
  std::string app;
  std::string text;
};

/// The forwarder's status document.
struct ForwarderStatus {
  std::string version;
  std::int64_t pid = 0;  // 0: it does not say
  std::uint64_t open = 0;
  std::uint64_t max_connections = 0;
  std::vector<std::int64_t> older_daemons = {};
  std::string engine_error = {};
  std::vector<PortStatus> ports = {};
  std::vector<AppProblem> problems = {};
  std::string program = {};  // fingerprint of its executable; empty: it does not say
};

/// One open connection.
struct OpenConnection {
  std::string app;  // empty: one that the caller may not see
  std::string state;
  std::uint64_t age_seconds = 0;
};

/// A daemon from before an upgrade.
struct OlderDaemon {
  std::int64_t pid = 0;
  Answer<std::vector<OpenConnection>> connections = {};
};

/// What starts the daemon.
struct Service {
  enum class Manager { none, systemd, sysv };
  Manager manager = Manager::none;  // none: DOKKU_PORTS_NO_SERVICE
  std::string file = {};            // unit or script; empty: there is none
  std::string program = {};         // the daemon's; empty: there is none
  bool only_root_writes = false;    // the program
  bool packaged = false;            // by a Debian package, which then also repairs it
  std::optional<bool> starts_at_boot = {};
  std::string active = {};  // systemd's word; empty: not known
  std::string script = {};  // the SysV script, there or not
  std::string log = {};     // its log
};

/// Mappings of one app as they are on disk.
struct AppMappings {
  std::string app;
  std::string problem;  // of its file; empty when it is right
  std::vector<PortMapping> mappings = {};
};

/// A connection to a public port, made by the doctor.
struct Dial {
  std::string listen;
  std::string app;
  std::string error;            // empty: accepted
  bool closed_at_once = false;  // though the mapping's options let this host in
};

/// How long the open connections of one app last, and what a deploy gives them.
struct AppConnections {
  std::string app;
  std::uint64_t wait_to_retire = 0;  // seconds
  std::vector<std::uint64_t> ages_seconds = {};
};

struct TakeoverState {
  Takeover::Holder holder = Takeover::Holder::core;
  std::string holder_name;
  bool remembered = false;
};

/// A file that nobody needs, or a directory with nothing in it but such files.
struct Leftover {
  std::string what;  // "Settings of app x, which does not exist"
  std::string path;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

struct Kernel {
  std::optional<std::uint64_t> descriptors = {};  // of the daemon
  std::optional<PortRange> local_ports = {};      // net.ipv4.ip_local_port_range
  std::string reserved_ports = {};                // net.ipv4.ip_local_reserved_ports
  std::optional<std::uint64_t> tw_reuse = {};     // net.ipv4.tcp_tw_reuse
  std::optional<std::uint64_t> time_wait = {};    // finished connections that the kernel remembers
  std::optional<std::uint64_t> somaxconn = {};    // net.core.somaxconn
};

struct Facts {
  std::string entry;         // "netports", for commands to type
  std::string version;       // of the commands
  std::string program = {};  // fingerprint of the forwarder that came with them; empty: not known
  SocketFile socket = {};
  Answer<ForwarderStatus> status = {};
  Service service = {};
  std::vector<OlderDaemon> older = {};
  std::vector<AppMappings> apps = {};  // those with public ports that the caller may see
  std::vector<Dial> dials = {};
  std::uint64_t not_dialled = 0;  // ports beyond the doctor's bound
  Answer<std::vector<AppConnections>> connections = {};
  Answer<Firewall> firewall = {};
  std::string firewall_next = {};  // what root may type where nobody else sees it
  TakeoverState takeover = {};
  Answer<std::vector<Leftover>> leftovers = {};
  Answer<std::string> engine_version = {};
  Kernel kernel = {};
};

}  // namespace netports::doctor
