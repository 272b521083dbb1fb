// What the load generator says to the backend: one header of fixed size, which is a request, too.
#pragma once

#include <cstdint>
#include <cstring>

namespace bench {

enum class Kind : std::uint32_t {
  reply,            // answer with `reply_bytes` bytes, then expect the next request
  reply_and_close,  // likewise, then close
  sink,             // swallow all that follows
  source,           // send until the other side closes
};

struct Request {
  Kind kind = Kind::reply;
  std::uint32_t reply_bytes = 0;
  char padding[56] = {};  // a small request line and header, about
};
static_assert(sizeof(Request) == 64);

constexpr std::uint32_t kLargestReply = 1 << 20;

}  // namespace bench
