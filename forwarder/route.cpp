#include "forwarder/route.h"

#include <algorithm>

namespace netports {

namespace {

/// Rendezvous hashing: a client belongs to the backend with the highest value, so that a backend
/// that comes or goes moves its own clients only. The container's name, not its id: a deploy
/// changes every id.
std::uint64_t affinity(const IpAddress& client, const Backend& backend) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : client.bytes()) hash = (hash ^ byte) * kPrime;
  for (const char c : backend.name) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  return hash ^ (hash >> 33);
}

}  // namespace

Millis now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::shared_ptr<Backend> Route::pick(const Backends& tried, const IpAddress& client) const {
  std::vector<std::shared_ptr<Backend>> candidates;
  for (const bool down : {false, true}) {
    for (const auto& backend : backends) {
      if (backend->down != down || backend->ours) continue;
      if (std::find(tried.begin(), tried.end(), backend) != tried.end()) continue;
      candidates.push_back(backend);
    }
    if (!candidates.empty()) break;
  }
  if (candidates.empty()) return nullptr;
  // In turn among the candidates: none gets the share of a neighbour that is down as well.
  const auto first = candidates.begin() + turn.fetch_add(1, std::memory_order_relaxed) %
                                              static_cast<std::uint32_t>(candidates.size());
  if (mapping.options.balance == Balance::source) {
    return *std::max_element(candidates.begin(), candidates.end(),
                             [&](const auto& one, const auto& other) {
                               return affinity(client, *one) < affinity(client, *other);
                             });
  }
  if (mapping.options.balance == Balance::least_connections) {
    // Of several with the fewest, the next in turn.
    std::rotate(candidates.begin(), first, candidates.end());
    return *std::min_element(
        candidates.begin(), candidates.end(),
        [](const auto& one, const auto& other) { return one->open < other->open; });
  }
  return *first;
}

}  // namespace netports
