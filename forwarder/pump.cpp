#include "forwarder/pump.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "forwarder/limits.h"

namespace netports {

void Pump::FreeHeld::operator()(Held* held) const { std::free(held); }

void Pump::hold(const char* bytes, std::size_t count) {
  auto* held = static_cast<Held*>(std::malloc(sizeof(Held) + count));
  if (held == nullptr) throw std::bad_alloc();
  held->begin = 0;
  held->end = static_cast<std::uint32_t>(count);
  std::memcpy(held->bytes, bytes, count);
  held_.reset(held);
}

Pump::Result Pump::run(Endpoint& from, Endpoint& to, PumpTools& tools, std::uint64_t& moved) {
  const std::uint64_t turn_end = moved + limits::kBytesPerTurn;
  while (true) {
    if (held_ || pipe_ != nullptr) {
      // A pipe is filled before it is emptied: fewer, larger calls.
      if (pipe_ != nullptr && !saw_end_ && !read_failed_ && from.readable && !from.urgent &&
          pipe_->held < pipe_->capacity) {
        read_failed_ = fetch_splicing(from) == Step::failed;
      }
      if (!to.writable) return Result::blocked;
      const Step step = held_ ? deliver_held(to, moved) : deliver_pipe(to, tools, moved);
      if (step == Step::failed) {
        to.write_failed();
        return Result::failed;
      }
      if (step == Step::would_block) return Result::blocked;
      continue;
    }
    if (read_failed_) return Result::failed;
    if (saw_end_) {
      // The failed write took the error that reading would have told.
      if (from.broken) return Result::failed;
      if (!to.connected) return Result::blocked;
      if (!end_passed_on_) {
        // The second end needs no half-close: both sockets are closed at once, which says it, too.
        // ENOTCONN: the receiver is gone already, which its own events tell.
        if (!to.ended && ::shutdown(to.fd, SHUT_WR) != 0 && errno != ENOTCONN) {
          to.write_failed();
          return Result::failed;
        }
        end_passed_on_ = true;
        from.ended = true;
      }
      return Result::finished;
    }
    if (!from.readable) return Result::waiting;
    if (moved >= turn_end) return Result::more;
    if (splicing_ && !from.urgent && pipe_ == nullptr) pipe_ = tools.pipes.borrow();
    const Step step =
        pipe_ != nullptr ? fetch_splicing(from) : fetch_copying(from, to, tools, moved);
    if (pipe_ != nullptr && pipe_->held == 0) release(tools);
    if (step == Step::not_sent) return Result::failed;
    read_failed_ = step == Step::failed;
  }
}

void Pump::release(PumpTools& tools) {
  if (pipe_ != nullptr) tools.pipes.give_back(pipe_);
  pipe_ = nullptr;
}

Pump::Step Pump::fetch_copying(Endpoint& from, Endpoint& to, PumpTools& tools,
                               std::uint64_t& moved) {
  const ssize_t got = ::recv(from.fd, tools.buffer.get(), limits::kCopyBufferBytes, 0);
  if (got < 0) {
    if (errno == EINTR) return Step::moved;
    if (errno != EAGAIN) return Step::failed;
    from.readable = false;
    return Step::would_block;
  }
  if (got == 0) {
    saw_end_ = true;
    return Step::closed;
  }
  const auto count = static_cast<std::size_t>(got);
  // A short read took all there was: the next one would only say so. Unless the peer's end is
  // already there, which gives no further edge.
  if (count < limits::kCopyBufferBytes && !from.hung_up && !from.urgent) from.readable = false;
  large_reads_ = count >= limits::kLargeReadBytes ? static_cast<std::uint8_t>(large_reads_ + 1) : 0;
  if (large_reads_ >= limits::kLargeReadsToSplice) {
    splicing_ = true;
    large_reads_ = 0;
    turn_bytes_ = limits::kSmallSpliceBytes;
  }
  std::size_t sent = 0;
  if (to.writable) {
    // The last bytes wait for the end right behind them: one segment carries both.
    const int more = from.ends && count < limits::kCopyBufferBytes ? MSG_MORE : 0;
    const ssize_t n = ::send(to.fd, tools.buffer.get(), count, MSG_NOSIGNAL | more);
    if (n >= 0) {
      sent = static_cast<std::size_t>(n);
      moved += sent;
      to.connected = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      // Kept, should another backend get these bytes instead.
      const int error = errno;
      to.write_failed();
      hold(tools.buffer.get(), count);
      errno = error;
      return Step::not_sent;
    }
    if (sent < count) to.writable = false;
  }
  if (sent < count) hold(tools.buffer.get() + sent, count - sent);
  return Step::moved;
}

Pump::Step Pump::fetch_splicing(Endpoint& from) {
  while (pipe_->held < pipe_->capacity) {
    const ssize_t got = ::splice(from.fd, nullptr, pipe_->write_end.get(), nullptr,
                                 pipe_->capacity - pipe_->held, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (got > 0) {
      pipe_->held += static_cast<std::size_t>(got);
      turn_bytes_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(
          std::uint64_t{turn_bytes_} + static_cast<std::uint64_t>(got), 1U << 30));
      continue;
    }
    if (got == 0) {
      // At urgent data splice says so as well.
      char byte = 0;
      if (::recv(from.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
        from.urgent = true;
        return Step::moved;
      }
      saw_end_ = true;
      return Step::closed;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Step::failed;
    // With bytes inside, EAGAIN may mean that the pipe's slots are full, not that nothing came.
    if (pipe_->held > 0) return Step::moved;
    from.readable = false;
    if (turn_bytes_ < limits::kSmallSpliceBytes) splicing_ = false;
    turn_bytes_ = 0;
    return Step::would_block;
  }
  return Step::moved;
}

Pump::Step Pump::deliver_held(Endpoint& to, std::uint64_t& moved) {
  while (held_->begin < held_->end) {
    const ssize_t n =
        ::send(to.fd, held_->bytes + held_->begin, held_->end - held_->begin, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Step::failed;
      to.writable = false;
      return Step::would_block;
    }
    held_->begin += static_cast<std::uint32_t>(n);
    moved += static_cast<std::uint64_t>(n);
    to.connected = true;
  }
  held_.reset();
  return Step::moved;
}

Pump::Step Pump::deliver_pipe(Endpoint& to, PumpTools& tools, std::uint64_t& moved) {
  while (pipe_->held > 0) {
    const ssize_t n = ::splice(pipe_->read_end.get(), nullptr, to.fd, nullptr, pipe_->held,
                               SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Step::failed;
      to.writable = false;
      return Step::would_block;
    }
    if (n == 0) return Step::failed;  // the kernel promised bytes it does not have
    pipe_->held -= static_cast<std::size_t>(n);
    moved += static_cast<std::uint64_t>(n);
  }
  release(tools);
  return Step::moved;
}

}  // namespace netports
