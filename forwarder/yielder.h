// Giving the processor away for a moment before a thread goes to sleep.
#pragma once

#include "forwarder/route.h"

namespace netports {

/// Under load, whoever sends to this thread and takes from it often needs only a moment to have
/// more ready; going to sleep and being woken for each of it would cost more. Not so where others
/// compute: to them a yield gives a whole time slice. When too many were that long there is none
/// for a while.
class Yielder {
 public:
  /// Yields, unless that was found to cost too much shortly before `now`.
  void yield(Millis now);

 private:
  Millis not_before_ = 0;
  unsigned yields_ = 0;  // of the sample under way
  unsigned long_ones_ = 0;
};

}  // namespace netports
