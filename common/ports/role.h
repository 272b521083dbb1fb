// The ports role on this host: where its state lies and whom it asks.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "dokku/entry.h"
#include "dokku/environment.h"
#include "dokku/properties.h"
#include "ports/control.h"
#include "ports/store.h"

namespace netports {

/// How the forwarder reaches a container: its own address, or a port published on 127.0.0.1.
enum class ForwardVia { container, published };

class PortsRole {
 public:
  /// Both must outlive it.
  PortsRole(const Environment& env, const Entry& entry);

  /// Holds all claims of all apps as they are. Errors: Error when another command keeps them.
  [[nodiscard]] FileLock lock_claims() const;

  /// Whether there is anything of ours about `app`: cheap, for the hooks of the many apps without
  /// public ports.
  [[nodiscard]] bool has_state(const std::string& app) const;

  /// What the containers of the next deploy serve: `ports-set`, else the staged file, else the
  /// released one. Errors: Error when the file that counts is wrong.
  [[nodiscard]] std::vector<PortMapping> next_mappings(const std::string& app) const;

  [[nodiscard]] ForwardVia forward_via(const std::string& app) const;
  [[nodiscard]] std::string allowed_ports(const std::string& app) const;

  const Environment& env;
  const Entry& entry;
  Properties properties;
  PortStore store;
  ForwarderControl forwarder;
};

}  // namespace netports
