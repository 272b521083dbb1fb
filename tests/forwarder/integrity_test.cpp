// Bytes are neither lost, nor invented, nor reordered: whatever sizes and pauses, both ways at
// once, across the switches between copying and splicing.
#include <future>
#include <random>
#include <thread>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

/// Sends `bytes` in pieces of random size; some pieces wait for the other thread to run.
bool send_in_pieces(Peer& peer, std::string_view bytes, unsigned seed, std::size_t largest) {
  std::mt19937 random(seed);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random() % largest);
    if (!peer.send(bytes.substr(0, size))) return false;
    bytes.remove_prefix(size);
    if (random() % 8 == 0) std::this_thread::yield();
  }
  return true;
}

std::string receive_in_pieces(Peer& peer, unsigned seed, std::size_t largest) {
  std::mt19937 random(seed);
  std::string all;
  while (peer.end() == End::none) {
    const std::string piece = peer.receive(1 + random() % largest);
    if (piece.empty() && peer.end() == End::none) break;  // the deadline
    all += piece;
  }
  return all;
}

/// One connection that carries `up` and `down` bytes at the same time.
void exchange(std::size_t up, std::size_t down, unsigned seed, std::size_t largest) {
  CAPTURE(up, down, seed, largest);
  MailHost host;
  const std::string question = random_bytes(up, seed);
  const std::string answer = random_bytes(down, seed + 1);
  std::promise<std::string> heard;
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    auto received =
        std::async(std::launch::async, [&] { return receive_in_pieces(peer, seed + 2, largest); });
    send_in_pieces(peer, answer, seed + 3, largest);
    peer.half_close();
    heard.set_value(received.get());
  });
  host.start();
  Peer client = host.connect();
  auto sent = std::async(std::launch::async, [&] {
    const bool all = send_in_pieces(client, question, seed + 4, largest);
    client.half_close();
    return all;
  });
  const std::string got = receive_in_pieces(client, seed + 5, largest);
  CHECK(sent.get());
  auto result = heard.get_future();
  REQUIRE(result.wait_for(kDeadline) == std::future_status::ready);
  const std::string reached = result.get();
  CHECK(reached.size() == question.size());
  CHECK((reached == question));
  CHECK(got.size() == answer.size());
  CHECK((got == answer));
  CHECK(client.end() == End::closed);
  CHECK(eventually([&] { return host.daemon().status().open == 0; }));
  const auto port = host.daemon().status().port(std::to_string(host.port));
  CHECK(port.bytes_in == static_cast<std::int64_t>(up));
  CHECK(port.bytes_out == static_cast<std::int64_t>(down));
}

}  // namespace

TEST_CASE("sizes around every threshold arrive whole both ways at once", "[integrity]") {
  const std::size_t size = GENERATE(0U, 1U, 16U << 10, (32U << 10) - 1, 32U << 10, 128U << 10,
                                    (128U << 10) + 1, 1U << 20, (1U << 20) + 1, 5U << 20);
  exchange(size, size / 2 + 1, 100, 40'000);
}

TEST_CASE("large flows with small, middle and large pieces arrive whole", "[integrity]") {
  const std::size_t largest = GENERATE(100U, 10'000U, 70'000U, 3'000'000U);
  exchange(largest < 1000 ? 1 << 20 : 24 << 20, largest < 1000 ? 1 << 20 : 17 << 20, 200, largest);
}

TEST_CASE("a flow that changes between bulk and single bytes arrives whole", "[integrity]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, digest);
  host.start();
  Peer client = host.connect();
  std::string all;
  for (unsigned i = 0; i < 12; ++i) {
    const std::string bulk = random_bytes(3 << 20, 300 + i);
    REQUIRE(client.send(bulk));
    all += bulk;
    for (int j = 0; j < 50; ++j) {
      REQUIRE(client.send("."));
      all += '.';
    }
  }
  client.half_close();
  CHECK(client.receive_all() == digest_of(all));
}

TEST_CASE("many bulk connections at once arrive whole, more than there are pipes", "[integrity]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, digest);
  auto& daemon = host.start({"--threads", "1"});
  std::vector<std::future<bool>> clients;
  for (unsigned i = 0; i < 40; ++i) {
    clients.push_back(std::async(std::launch::async, [&host, i] {
      const std::string all = random_bytes((2 << 20) + i * 1000, 400 + i);
      Peer client = host.connect();
      client.send(all);
      client.half_close();
      return client.receive_all() == digest_of(all);
    }));
  }
  for (auto& client : clients) CHECK(client.get());
  CHECK(eventually([&] { return daemon.status().open == 0; }));
}

TEST_CASE("a server that speaks first is heard by a client that says nothing", "[integrity]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port,
                       [](Peer& peer) { peer.send("220 ready\n"); });
  host.start();
  for (int i = 0; i < 20; ++i) {
    Peer client = host.connect();
    CHECK(client.receive_line() == "220 ready");
    CHECK(client.wait_end() == End::closed);
  }
}
