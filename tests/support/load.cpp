#include "load.h"

#include "peer.h"

namespace netports::test {

Load::Load(std::uint16_t port) {
  counts_ = std::async(std::launch::async, [this, port] {
    Counts counts;
    while (!stop_) {
      ++counts.tried;
      auto peer = try_connect_to(port);
      if (!peer || peer->receive_line() != "hello" || !peer->send("x") || peer->receive(1) != "x") {
        ++counts.failed;
      }
    }
    return counts;
  });
}

Load::Counts Load::stop() {
  stop_ = true;
  return counts_.get();
}

}  // namespace netports::test
