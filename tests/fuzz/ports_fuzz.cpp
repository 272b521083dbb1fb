// The grammar of PORTS: any bytes are refused with an Error or read, and what was read is written
// as text that reads the same.
#include <cstdlib>

#include "ports/mapping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto mappings = netports::parse_ports(text, "PORTS");
    if (mappings.size() > netports::kMaxMappingsPerApp) std::abort();
    // A long text may be written longer than it was read: then its size is what is refused.
    const std::string written = netports::ports_text(mappings);
    if (written.size() > netports::kMaxPortsFileBytes) return 0;
    if (netports::parse_ports(written, "PORTS") != mappings) std::abort();
  } catch (const netports::Error&) {
    return 0;
  }
  return 0;
}
