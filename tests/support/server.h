// A server with one thread a connection: what stands for the program inside a container.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "peer.h"

namespace netports::test {

class Server {
 public:
  /// Runs in a thread of its own for each connection; the connection is closed when it returns.
  using Handler = std::function<void(Peer&)>;

  Server(UniqueFd listening, Handler handler);
  Server(const std::string& address, std::uint16_t port, Handler handler)
      : Server(listen_at(address, port), std::move(handler)) {}
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// No longer listens, cuts what is open, and waits for all handlers.
  void stop();

  [[nodiscard]] std::size_t accepted() const;
  [[nodiscard]] std::size_t open() const;

 private:
  void accept_all();
  void serve(UniqueFd fd);

  const Handler handler_;
  UniqueFd listening_;
  UniqueFd stop_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::set<int> connections_;
  std::size_t handlers_ = 0;
  std::size_t accepted_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

/// Sends back what comes in, and ends when the client does.
void echo(Peer& peer);
/// Says `line` and a newline first, then echoes.
Server::Handler greeting(const std::string& line);
/// Reads to the end, then answers with the number of bytes and their hash.
void digest(Peer& peer);
/// What `digest` answers to `bytes`.
std::string digest_of(std::string_view bytes);

}  // namespace netports::test
