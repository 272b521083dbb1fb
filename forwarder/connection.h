// One client connection: two sockets, two pumps, and which backend it ended up with.
//
//   accepted --> greeting --> connecting --> streaming --> closed   both ends passed on
//        |          ^           |   ^            |
//        +----------+---------->+   | next       +-------> reset    either side reset, or a
//     only behind a trusted     +---+ backend                       deadline passed
//     front (accept-proxy)
//
// Below 256 bytes, and nothing else is allocated while it idles.
#pragma once

#include <cstdint>
#include <memory>

#include "forwarder/proxy_header.h"
#include "forwarder/pump.h"
#include "forwarder/route.h"

namespace netports {

struct Connection {
  enum class State : std::uint8_t { greeting, connecting, streaming, closed };

  Endpoint client;
  Endpoint backend;
  Pump up;    // client to backend
  Pump down;  // backend to client
  std::shared_ptr<Listener> listener;
  std::shared_ptr<const Route> route;
  std::shared_ptr<Backend> target;  // null only while none could be dialled yet
  PeerAddress peer;                 // the client; behind a trusted front, who that front names
  Millis accepted = 0;              // behind a trusted front: when that had said for whom
  Millis active = 0;                // when a byte last moved; while connecting: when it was dialled
  Connection* next = nullptr;       // in the thread's list of its state
  Connection* previous = nullptr;
  std::unique_ptr<Backends> tried;  // in vain, when any were
  State state = State::connecting;
  bool queued : 1 = false;    // has more to move, waits for its next turn
  bool admitted : 1 = false;  // passed what is checked before a backend is dialled
  bool dying : 1 = false;     // one side is gone, the other has yet to take its last bytes
};

/// A doubly linked list through the connections themselves, oldest first.
class ConnectionList {
 public:
  void push_back(Connection* connection);
  void remove(Connection* connection);
  [[nodiscard]] Connection* front() const { return first_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace netports
