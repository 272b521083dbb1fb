// A PROXY header from a front: any bytes are incomplete, invalid, or a header that lies within
// them.
#include <cstdlib>

#include "forwarder/proxy_header.h"

using namespace netports;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = parse_proxy_header(bytes);
  if (header.state != ParsedProxyHeader::State::valid) return 0;
  if (header.length > size || header.length == 0) std::abort();
  if (!header.source) return 0;
  // What it names can be said again, in either version.
  for (const auto version : {ProxyHeader::v1, ProxyHeader::v2}) {
    const auto again = parse_proxy_header(proxy_header(version, *header.source, *header.source));
    if (again.state != ParsedProxyHeader::State::valid || !again.source) std::abort();
    if (again.source->ip != header.source->ip || again.source->port != header.source->port) {
      std::abort();
    }
  }
  return 0;
}
