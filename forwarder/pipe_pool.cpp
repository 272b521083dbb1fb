#include "forwarder/pipe_pool.h"

#include <fcntl.h>

#include "forwarder/limits.h"

namespace netports {

// So that giving a pipe back, which closing a connection does, cannot fail.
PipePool::PipePool() { idle_.reserve(limits::kPipesPerThread); }

PipePool::~PipePool() {
  for (const SplicePipe* pipe : idle_) delete pipe;
}

SplicePipe* PipePool::borrow() {
  if (!idle_.empty()) {
    SplicePipe* pipe = idle_.back();
    idle_.pop_back();
    ++lent_;
    return pipe;
  }
  if (lent_ >= limits::kPipesPerThread) return nullptr;
  int fds[2];
  if (::pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
  UniqueFd read_end(fds[0]);
  UniqueFd write_end(fds[1]);
  auto* pipe = new SplicePipe{std::move(read_end), std::move(write_end)};
  const int size = ::fcntl(fds[1], F_SETPIPE_SZ, static_cast<int>(limits::kPipeBytes));
  const int granted = size > 0 ? size : ::fcntl(fds[1], F_GETPIPE_SZ);
  pipe->capacity = granted > 0 ? static_cast<std::size_t>(granted) : 4096;
  ++lent_;
  return pipe;
}

void PipePool::give_back(SplicePipe* pipe) {
  --lent_;
  if (pipe->held > 0) {
    delete pipe;
  } else {
    idle_.push_back(pipe);
  }
}

}  // namespace netports
