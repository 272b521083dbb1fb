#include "forwarder/route.h"

#include <algorithm>

#include "forwarder/limits.h"

namespace netports {

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

std::shared_ptr<Backend> Route::pick(unsigned attempt, Millis now) const {
  const auto count = static_cast<std::uint32_t>(backends.size());
  if (attempt >= count) return nullptr;
  const std::uint32_t first = turn.fetch_add(1, std::memory_order_relaxed);
  const std::shared_ptr<Backend>* longest_down = nullptr;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& backend = backends[(first + i) % count];
    const Millis until = backend->down_until.load(std::memory_order_relaxed);
    if (until <= now) return backend;
    if (longest_down == nullptr || until < (*longest_down)->down_until) longest_down = &backend;
  }
  return *longest_down;
}

}  // namespace netports
