// Who may have which public port: one app each, and only those that `allowed-ports` leaves it.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "ports/mapping.h"
#include "ports/store.h"

namespace netports {

/// The ports of an `allowed-ports` property.
class AllowedPorts {
 public:
  /// Every port but those of ssh and the web server.
  static constexpr const char* kDefault = "1-21,23-79,81-442,444-65535";

  /// A list of ports and ranges, "25,1024-65535", or "none". Errors: Error with the reason.
  static AllowedPorts parse(std::string_view text);

  [[nodiscard]] bool allows(std::uint16_t port) const { return ports_[port]; }

 private:
  std::bitset<65536> ports_;
};

/// Every public address that `app` holds: what `ports-set` says, else what its release has and what
/// the next one will have.
std::vector<PortMapping> claims_of(const PortStore& store, const std::string& app);

/// Those of `mappings` that the list `allowed` leaves out, in their order.
/// Errors: Error with the reason when `allowed` is no such list.
std::vector<PortMapping> refused_by(const std::string& allowed,
                                    const std::vector<PortMapping>& mappings);

/// Checks that `app` may have `mappings`. Errors: Error naming the first port that the list
/// `allowed` leaves out.
void check_allowed(const std::string& app, const std::vector<PortMapping>& mappings,
                   const std::string& allowed);

/// Checks that no other app holds one of them. Call it with the claims locked.
/// Errors: Error "Public port 25 is taken by app mail".
void check_unclaimed(const PortStore& store, const std::string& app,
                     const std::vector<PortMapping>& mappings);

/// What to tell a user of a line that the forwarder's probe gave, "25 Address already in use".
std::string not_free_text(const std::string& app, const std::string& held);

/// The public ports for a message, runs drawn together: "25, 143, 6000-6010".
std::string public_ports_text(const std::vector<PortMapping>& mappings);

}  // namespace netports
