#include "forwarder/yielder.h"

#include <sched.h>

#include <chrono>

#include "forwarder/limits.h"

namespace netports {

void Yielder::yield(Millis now) {
  using Clock = std::chrono::steady_clock;
  if (now < not_before_) return;
  const auto before = Clock::now();
  ::sched_yield();
  if (Clock::now() - before >= limits::kLongYield) ++long_ones_;
  if (++yields_ < limits::kYieldSample) return;
  if (long_ones_ > limits::kLongYieldsOfSample) not_before_ = now + limits::kYieldPause.count();
  yields_ = long_ones_ = 0;
}

}  // namespace netports
