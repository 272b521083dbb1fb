// Whether a container's ports accept connections yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "dokku/environment.h"
#include "ports/mapping.h"

namespace netports {

/// One way to a container's private port.
struct Target {
  std::uint16_t private_port;
  IpAddress address;
  std::uint16_t port;
  /// Docker's own proxy stands there: it accepts for everybody and hangs up at once when the
  /// container does not.
  bool relayed = false;
};

/// The ports to which no way has accepted a TCP connection within `timeout`. Tries all of them
/// again and again; `targets` is asked for the ways before each round and may throw to give up.
std::vector<std::uint16_t> wait_for_ports(std::vector<std::uint16_t> ports,
                                          std::chrono::milliseconds timeout,
                                          const std::function<std::vector<Target>()>& targets);

/// The ports as they are, on a container's own address.
std::vector<Target> direct_targets(const std::vector<std::uint16_t>& ports,
                                   const IpAddress& address);

/// The private ports that a container of `process` serves, each once, in order.
std::vector<std::uint16_t> private_ports_of(const std::vector<PortMapping>& mappings,
                                            const std::string& process);

/// What the app's settings of Dokku's `checks` plugin say [§4.3].
class CheckSettings {
 public:
  CheckSettings(const Environment& env, const std::string& app);

  /// Whether a deploy of this process type stands still for no check: checks are disabled (old
  /// containers stop first) or skipped.
  [[nodiscard]] bool disabled(const std::string& process) const;
  [[nodiscard]] bool skipped(const std::string& process) const;
  /// wait + attempts x timeout seconds as far as they are set, 30 s otherwise.
  [[nodiscard]] std::chrono::seconds deadline() const { return deadline_; }

 private:
  std::string disabled_;
  std::string skipped_;
  std::chrono::seconds deadline_;
};

}  // namespace netports
