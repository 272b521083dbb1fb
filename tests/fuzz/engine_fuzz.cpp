// What the Engine answers: any bytes are refused with an Error or read as containers.
#include "docker/container.h"
#include "docker/json.h"

using namespace netports;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& entry : json::objects(json::parse_array(text, "a list"))) {
      static_cast<void>(parse_listed(entry).host_reachable_address());
    }
  } catch (const Error&) {  // it is no list
  }
  try {
    static_cast<void>(parse_inspected(json::parse_object(text, "an object")));
  } catch (const Error&) {  // it is no object
  }
  return 0;
}
