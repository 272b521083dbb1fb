#include "load.h"

#include "peer.h"

namespace netports::test {

Load::Load(std::uint16_t port)
    : Load(port, [] { return [](const std::string& greeting) { return greeting == "hello"; }; }) {}

Load::Load(std::uint16_t port, const Releases& releases)
    : Load(port, [&releases] {
        return [&releases, oldest = releases.oldest.load()](const std::string& greeting) {
          const int release = greeting.empty() ? -1 : std::stoi(greeting);
          return oldest <= release && release <= releases.newest;
        };
      }) {}

Load::Load(std::uint16_t port, std::function<Greeted()> before_connect) {
  counts_ = std::async(std::launch::async, [this, port, before_connect] {
    Counts counts;
    while (!stop_) {
      ++counts.tried;
      const Greeted greeted = before_connect();
      auto peer = try_connect_to(port);
      if (!peer || !greeted(peer->receive_line()) || !peer->send("x") || peer->receive(1) != "x") {
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
