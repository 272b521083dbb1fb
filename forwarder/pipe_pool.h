// Kernel pipes for splice, 1 MiB each, lent to flows only while bytes are inside.
#pragma once

#include <cstddef>
#include <vector>

#include "base/unique_fd.h"

namespace netports {

/// An empty or partly filled pipe. `held` counts the bytes inside.
struct SplicePipe {
  UniqueFd read_end;
  UniqueFd write_end;
  std::size_t capacity = 0;
  std::size_t held = 0;
};

/// The pipes of one thread; no locks. Gives null when all are lent or the kernel grants none: the
/// flow then copies instead.
class PipePool {
 public:
  ~PipePool();
  PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  SplicePipe* borrow();
  /// Takes a pipe back; one with bytes left inside is closed.
  void give_back(SplicePipe* pipe);

 private:
  std::vector<SplicePipe*> idle_;
  std::size_t lent_ = 0;
};

}  // namespace netports
