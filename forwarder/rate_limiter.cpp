#include "forwarder/rate_limiter.h"

#include <cstring>

namespace netports {

bool RateLimiter::admit(const IpAddress& source, std::uint32_t limit, std::int64_t now_ms) {
  std::uint64_t key = 0;  // the first 64 bits; IPv4 has 32 and zeros
  std::memcpy(&key, source.bytes().data(), sizeof key);
  if (!source.is_v6()) key = ~key;  // apart from IPv6 prefixes that begin alike
  const std::lock_guard lock(mutex_);
  if (now_ms / 1000 > second_) {  // threads do not agree to the millisecond
    second_ = now_ms / 1000;
    seen_.clear();
  }
  if (seen_.size() >= kMaxSources && !seen_.contains(key)) return true;
  std::uint32_t& count = seen_[key];
  if (count >= limit) return false;
  ++count;
  return true;
}

}  // namespace netports
