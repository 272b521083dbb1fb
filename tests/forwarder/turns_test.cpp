// Bulk takes turns: it neither keeps small messages waiting nor starves another flow.
#include <algorithm>
#include <atomic>
#include <future>
#include <list>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// Sends one piece again and again until told to stop.
class Flow {
 public:
  Flow(std::uint16_t port, const std::string& piece)
      : sent_(std::async(std::launch::async, [this, port, &piece] {
          Peer client = connect_to(port);
          while (!stop_ && client.send(piece)) ++pieces_;
          client.half_close();
          return client.receive_all();
        })) {}
  ~Flow() { stop_ = true; }  // and waits
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  [[nodiscard]] int pieces() const { return pieces_; }
  /// What the server has to say in the end.
  std::string stop() {
    stop_ = true;
    return sent_.get();
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> pieces_{0};
  std::future<std::string> sent_;
};

}  // namespace

TEST_CASE("small messages pass bulk, and no bulk flow waits for ever for another", "[turns]") {
  MailHost host;
  const std::string piece = random_bytes(300'007, 600);
  const Server sink(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    int whole = 0;
    std::string got;
    while ((got = peer.receive(piece.size())) == piece) ++whole;
    peer.send(got.empty() ? std::to_string(whole) : "wrong bytes");
  });
  const std::uint16_t small_port = free_port();
  const std::uint16_t small_private_port = free_port();
  const Server small(MailHost::kAddress, small_private_port, echo);
  host.ports("mail", std::to_string(host.port) + ":" + std::to_string(host.private_port) + "\n" +
                         std::to_string(small_port) + ":" + std::to_string(small_private_port));
  host.start({"--threads", "1"});

  std::list<Flow> flows;
  for (int i = 0; i < 6; ++i) flows.emplace_back(host.port, piece);
  // So much that it is spliced.
  const auto all_have = [&](int pieces) {
    return std::all_of(flows.begin(), flows.end(),
                       [&](const Flow& flow) { return flow.pieces() >= pieces; });
  };
  REQUIRE(eventually([&] { return all_have(10); }));
  Peer client = connect_to(small_port);
  for (int i = 0; i < 50; ++i) {
    const std::string message = random_bytes(1000, 700 + static_cast<unsigned>(i));
    REQUIRE(client.send(message));
    REQUIRE((client.receive(message.size()) == message));
  }
  int most = 0;
  for (const Flow& flow : flows) most = std::max(most, flow.pieces());
  CHECK(eventually([&] { return all_have(most); }));
  for (Flow& flow : flows) {
    const std::string said = flow.stop();
    CHECK(said == std::to_string(flow.pieces()));
  }
}
