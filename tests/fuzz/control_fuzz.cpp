// A line on the control socket: any bytes are refused with an Error of one line or are a request
// whose names are safe.
#include <cstdlib>

#include "base/error.h"
#include "dokku/app.h"
#include "forwarder/control_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto request = netports::parse_control_request(line);
    if (!request.app.empty() && !netports::is_app_name(request.app)) std::abort();
  } catch (const netports::Error& error) {
    for (const char c : std::string_view(error.what())) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
    }
  }
  return 0;
}
