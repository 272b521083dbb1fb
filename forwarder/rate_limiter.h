// How many new connections one source address may make a second.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/ip.h"

namespace netports {

/// Counts by source address in windows of one second. An IPv6 source is its /64, which is what one
/// customer has. Any thread. Remembers at most kMaxSources a second; further ones are let in.
class RateLimiter {
 public:
  static constexpr std::size_t kMaxSources = 65'536;

  /// Whether one more of `source` is within `limit` in the second of `now_ms`. Counts it.
  bool admit(const IpAddress& source, std::uint32_t limit, std::int64_t now_ms);

 private:
  struct Hash {
    std::size_t operator()(std::uint64_t key) const { return key * 0x9E3779B97F4A7C15ULL; }
  };

  std::mutex mutex_;
  std::int64_t second_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t, Hash> seen_;
};

}  // namespace netports
