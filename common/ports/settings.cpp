#include "ports/settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dokku/log.h"
#include "ports/claims.h"

namespace netports {

namespace {

void check_value(const std::string& property, const std::string& value) {
  if (property == "forward-via") {
    if (value == "container" || value == "published") return;
    throw Error("Invalid value for forward-via: \"{}\" is not container or published",
                printable(value));
  }
  try {
    (void)AllowedPorts::parse(value);
  } catch (const Error& error) {
    throw Error("Invalid value for {}: {}", property, error.what());
  }
}

}  // namespace

const std::vector<std::string>& ports_properties() {
  static const std::vector<std::string> names{"allowed-ports", "forward-via"};
  return names;
}

bool is_ports_property(const std::string& property) {
  const auto& names = ports_properties();
  return std::find(names.begin(), names.end(), property) != names.end();
}

void set_ports_property(const PortsRole& ports, const std::string& scope,
                        const std::string& property, const std::vector<std::string>& values) {
  if (values.empty() || values[0].empty()) {
    log::info2_quiet("Unsetting {}", property);
    ports.properties.unset(scope, property);
  } else {
    check_value(property, values[0]);
    log::info2_quiet("Setting {} to {}", property, values[0]);
    ports.properties.set(scope, property, values[0]);
  }
  log::verbose_quiet("It takes effect at the next deploy");
}

}  // namespace netports
