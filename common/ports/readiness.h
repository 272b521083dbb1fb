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

/// The ports that have not accepted a TCP connection on `address()` within `timeout`. Tries all of
/// them again and again; `address` is asked before each round and may throw to give up, or give
/// nothing where none is known yet.
std::vector<std::uint16_t> wait_for_ports(std::vector<std::uint16_t> ports,
                                          std::chrono::milliseconds timeout,
                                          const std::function<std::optional<IpAddress>()>& address);

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
