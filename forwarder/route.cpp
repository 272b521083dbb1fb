#include "forwarder/route.h"

#include <algorithm>

#include "forwarder/limits.h"

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

void Backend::mark_up() {
  if (failures_in_row.load(std::memory_order_relaxed) == 0) return;
  failures_in_row = 0;
  down_until = 0;
}

void Backend::mark_down(Millis now) {
  ++failed;
  const unsigned doublings = std::min(failures_in_row.fetch_add(1), 16U);
  const Millis pause = std::min(limits::kBackendPauseFirst.count() << doublings,
                                limits::kBackendPauseLongest.count());
  down_until = now + pause;
}

std::shared_ptr<Backend> Route::pick(unsigned attempt, const IpAddress& client, Millis now) const {
  const auto count = static_cast<std::uint32_t>(backends.size());
  if (attempt >= count) return nullptr;
  const std::uint32_t first = turn.fetch_add(1, std::memory_order_relaxed);
  const std::shared_ptr<Backend>* best = nullptr;
  const std::shared_ptr<Backend>* back_first = &backends[first % count];  // if all are down
  const auto better = [&](const Backend& candidate) {
    if (best == nullptr) return true;
    if (mapping.options.balance == Balance::least_connections) {
      return candidate.open.load(std::memory_order_relaxed) <
             (*best)->open.load(std::memory_order_relaxed);
    }
    return affinity(client, candidate) > affinity(client, **best);
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& backend = backends[(first + i) % count];
    const Millis until = backend->down_until.load(std::memory_order_relaxed);
    if (until > now) {
      if (until < (*back_first)->down_until) back_first = &backend;
    } else if (mapping.options.balance == Balance::round_robin) {
      return backend;
    } else if (better(*backend)) {
      best = &backend;
    }
  }
  return best != nullptr ? *best : *back_first;
}

}  // namespace netports
