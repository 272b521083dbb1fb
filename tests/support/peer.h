// One end of a TCP or unix connection, as a test sees it: blocking calls, each with a deadline.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace netports::test {

/// How reading ended: not yet or not in time, with a clean end, or with a reset.
enum class End { none, closed, reset };

class Peer {
 public:
  explicit Peer(UniqueFd fd, End end = End::none);

  /// `send`: all of `bytes`; false when the other side is gone or takes nothing until the deadline.
  bool send(std::string_view bytes);
  /// Exactly `count` bytes, or what came before the end or the deadline; then `end` tells which.
  std::string receive(std::size_t count);
  /// Up to and without the next newline.
  std::string receive_line();
  /// Everything up to the end.
  std::string receive_all();
  /// Reads and drops everything up to the end; how it ended.
  End wait_end();
  [[nodiscard]] End end() const { return end_; }

  /// No more will be sent; reading goes on.
  void half_close();
  /// Closes so that the other side gets a reset.
  void reset();
  void close() { fd_.reset(); }
  /// From now on it hears nothing and answers nothing, as after a power cut: neither an end nor a
  /// reset tells. Call `reset` when it has served, or the kernel goes on trying to end it.
  void vanish() const;
  /// Whether a byte, an end or a reset is there to be read now.
  [[nodiscard]] bool readable() const;

  /// The TCP port at its own end.
  [[nodiscard]] std::uint16_t local_port() const;

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  ssize_t read_some(char* buffer, std::size_t size);

  UniqueFd fd_;
  End end_ = End::none;
};

/// Connects. `receive_buffer`: bytes of SO_RCVBUF, 0 for the system's own. One that is reset at
/// once is a connection, too. Throws when refused.
Peer connect_to(std::uint16_t port, const std::string& address = "127.0.0.1",
                int receive_buffer = 0);
/// Nothing when refused.
std::optional<Peer> try_connect_to(std::uint16_t port, const std::string& address = "127.0.0.1",
                                   int receive_buffer = 0);
/// Connects to a unix socket. Throws when refused.
Peer connect_to_path(const std::string& path);

/// A listening socket. Throws when the address is taken.
UniqueFd listen_at(const std::string& address, std::uint16_t port, int backlog = 1024);
UniqueFd listen_at_path(const std::string& path);

/// The next connection to `listening`. Throws when none comes until the deadline.
Peer accept_from(const UniqueFd& listening);
/// Whether the kernel drops what comes for the socket. One that listens does not answer dials then;
/// the kernel of who dials tries again.
void make_deaf(int fd, bool deaf = true);

/// A TCP port that nobody listens on, on no address. It lies below the range that outgoing
/// connections take theirs from, and no other test process gets it as long as this one runs.
std::uint16_t free_port();

}  // namespace netports::test
