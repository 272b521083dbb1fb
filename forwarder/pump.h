// One direction of a connection: bytes from one socket to the other.
//
//   copying  --3 large reads in a row-->  splicing  --a small turn-->  copying
//
// Small messages are read into the thread's one buffer and written at once. Long flows move through
// a pooled pipe and never enter user space. What the receiver does not take is held: at most one
// buffer or one pipe, and reading stops until it is gone. End of input is passed on as a half-close
// once all bytes before it are.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include "forwarder/limits.h"
#include "forwarder/pipe_pool.h"

namespace netports {

/// One socket of a connection and what edge-triggered epoll has told about it.
struct Endpoint {
  int fd = -1;
  std::uint32_t asked = 0;    // epoll events registered, 0 when not registered at all
  bool readable : 1 = false;  // reading may give something; cleared by a read that would block
  bool writable : 1 = false;  // likewise
  bool hung_up : 1 = false;   // the peer's end is known to come: read on after a short read
  bool ends : 1 = false;      // likewise, and cleanly: what is there to read is the last of it
  bool urgent : 1 = false;    // it sends urgent data, at which reads stop short and splice for good
  bool connected : 1 = false;  // the handshake is done; a half-close before it would cut it off
  bool ended : 1 = false;      // all it had to say is passed on, its end included
  bool broken : 1 = false;     // a write to it failed: what reads as its end is none
  bool errored : 1 = false;    // epoll told of an error; what came before it may still be there

  /// Its last bytes may still be there to be read.
  void write_failed() { broken = readable = hung_up = true; }
};

/// Memory for one read. Not initialised: what no read has filled yet costs nothing. It begins with
/// a page: to an address 16 bytes beyond, as malloc gives it, AMD's EPYC copies a fifth slower.
class ReadBuffer {
 public:
  ReadBuffer() : bytes_(static_cast<char*>(::operator new(limits::kCopyBufferBytes, kPage))) {}
  ~ReadBuffer() { ::operator delete(bytes_, kPage); }
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  [[nodiscard]] char* get() const { return bytes_; }

 private:
  static constexpr std::align_val_t kPage{4096};
  char* bytes_;
};

/// What all pumps of a thread share.
struct PumpTools {
  PipePool pipes;
  ReadBuffer buffer;
};

class Pump {
 public:
  enum class Result {
    waiting,   // nothing more to read now
    blocked,   // bytes held, the receiver does not take them
    more,      // had its turn, more can be moved at once
    finished,  // all moved, and the end passed on
    failed,    // a socket broke: errno of the failing call in `error`
  };

  Pump() = default;
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  /// Moves what can be moved now; adds the bytes delivered to `moved`.
  Result run(Endpoint& from, Endpoint& to, PumpTools& tools, std::uint64_t& moved);

  /// Bytes to deliver before any of the sender's. To be called before the first run.
  void begin_with(std::string_view bytes) { hold(bytes.data(), bytes.size()); }

  /// Gives a lent pipe back. To be called before destruction.
  void release(PumpTools& tools);

  /// Whether bytes wait for the receiver.
  [[nodiscard]] bool holds_bytes() const { return held_ != nullptr || pipe_ != nullptr; }
  [[nodiscard]] bool finished() const { return end_passed_on_; }
  /// Whether the sender's end has been read.
  [[nodiscard]] bool saw_end() const { return saw_end_; }
  /// Whether reading ended with an error. The bytes before it are delivered first.
  [[nodiscard]] bool read_failed() const { return read_failed_; }
  [[nodiscard]] bool splicing() const { return splicing_; }

 private:
  struct Held {
    std::uint32_t begin;
    std::uint32_t end;
    char bytes[];  // as many as could not be written
  };
  struct FreeHeld {
    void operator()(Held* held) const;
  };

  enum class Step { moved, would_block, closed, failed, not_sent };
  Step fetch_copying(Endpoint& from, Endpoint& to, PumpTools& tools, std::uint64_t& moved);
  Step fetch_splicing(Endpoint& from);
  Step deliver_held(Endpoint& to, std::uint64_t& moved);
  Step deliver_pipe(Endpoint& to, PumpTools& tools, std::uint64_t& moved);
  void hold(const char* bytes, std::size_t count);

  std::unique_ptr<Held, FreeHeld> held_;
  SplicePipe* pipe_ = nullptr;
  std::uint32_t turn_bytes_ = 0;  // spliced since the pipe last ran dry, saturating
  std::uint8_t large_reads_ = 0;
  bool splicing_ : 1 = false;
  bool saw_end_ : 1 = false;
  bool read_failed_ : 1 = false;
  bool end_passed_on_ : 1 = false;
};

}  // namespace netports
