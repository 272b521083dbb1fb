// A reset on one side is a reset on the other, never a clean end: mail that was cut off must not
// look complete. Bytes sent before the reset arrive.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <csignal>
#include <future>

#include "catch.h"
#include "host.h"

using namespace netports::test;

TEST_CASE("a reset by the client reaches the backend as a reset, after the bytes before it",
          "[reset]") {
  MailHost host;
  std::promise<std::pair<std::string, End>> seen;
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.send("go");
    std::string all = peer.receive_all();
    seen.set_value({std::move(all), peer.end()});
  });
  host.start();
  Peer client = host.connect();
  CHECK(client.receive(2) == "go");
  SECTION("as they come") {
    client.send("half a mail");
    client.reset();
  }
  SECTION("found together") {
    host.daemon().freeze();
    client.send("half a mail");
    client.reset();
    host.daemon().signal(SIGCONT);
  }
  auto result = seen.get_future();
  REQUIRE(result.wait_for(kDeadline) == std::future_status::ready);
  const auto [bytes, end] = result.get();
  CHECK(end == End::reset);
  CHECK(bytes == "half a mail");
  CHECK(eventually([&] { return host.daemon().status().open == 0; }));
}

TEST_CASE("a reset by the backend reaches the client as a reset, after the bytes before it",
          "[reset]") {
  MailHost host;
  std::promise<void> received;
  auto confirmed = received.get_future().share();
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.send("half an answer");
    confirmed.wait();
    peer.reset();
  });
  host.start();
  Peer client = host.connect();
  CHECK(client.receive(14) == "half an answer");
  received.set_value();
  CHECK(client.receive_all().empty());
  CHECK(client.end() == End::reset);
}

TEST_CASE("a reset by the backend in mid-stream of a large answer is no clean end", "[reset]") {
  MailHost host;
  const std::string answer = random_bytes(8 << 20, 3);
  std::promise<void> read;
  auto confirmed = read.get_future().share();
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.send(answer);
    confirmed.wait();
    peer.reset();
  });
  host.start();
  Peer client = host.connect();
  std::size_t before = 0;
  // What is on its way when the reset comes may be lost, what the client had is its own.
  SECTION("some of it was read") { before = 2 << 20; }
  SECTION("all of it was read") { before = answer.size(); }
  std::string received = client.receive(before);
  CHECK(received.size() == before);
  read.set_value();
  received += client.receive_all();
  CHECK(client.end() == End::reset);
  CHECK(std::string_view(answer).starts_with(received));
}

TEST_CASE("the last bytes of a bulk transfer arrive though they are found with a reset",
          "[reset]") {
  MailHost host;
  // Enough to be moved by splicing, and an end that any receiver has room for.
  const std::string bulk = random_bytes(6 << 20, 7);
  const std::string last = random_bytes(40'000, 8);
  const netports::UniqueFd listening = listen_at(MailHost::kAddress, host.private_port);
  host.start();
  Peer client = host.connect();
  Peer backend = accept_from(listening);
  const auto up = GENERATE(false, true);
  INFO((up ? "from the client" : "from the backend"));
  Peer& sender = up ? client : backend;
  Peer& receiver = up ? backend : client;
  auto sent = std::async(std::launch::async, [&] { return sender.send(bulk); });
  CHECK((receiver.receive(bulk.size()) == bulk));
  CHECK(sent.get());
  host.daemon().freeze();
  CHECK(sender.send(last));
  sender.reset();
  host.daemon().signal(SIGCONT);
  CHECK((receiver.receive_all() == last));
  CHECK(receiver.end() == End::reset);
}

// A turn moves less than the kernel may hold: what was left after it was thrown away.
TEST_CASE("all that the kernel holds arrives before the reset behind it", "[reset]") {
  MailHost host;
  const std::string bulk = random_bytes(6 << 20, 9);
  const std::string last = random_bytes(3 << 20, 10);
  const netports::UniqueFd listening = listen_at(MailHost::kAddress, host.private_port);
  host.start();
  Peer client = host.connect();
  Peer backend = accept_from(listening);
  const auto up = GENERATE(false, true);
  const auto reads_late = GENERATE(false, true);
  INFO((up ? "from the client" : "from the backend"));
  INFO((reads_late ? "to one that does not read yet" : "to one that reads"));
  Peer& sender = up ? client : backend;
  Peer& receiver = up ? backend : client;
  auto sent = std::async(std::launch::async, [&] { return sender.send(bulk); });
  REQUIRE((receiver.receive(bulk.size()) == bulk));
  REQUIRE(sent.get());
  host.daemon().freeze();
  // As much as the daemon's kernel takes: what it has not confirmed goes with the reset.
  const auto confirmed = [&] {
    int count = -1;
    return ::ioctl(sender.fd(), SIOCOUTQ, &count) == 0 && count == 0;
  };
  std::size_t held = 0;
  constexpr std::size_t kPiece = 64 << 10;
  while (held < last.size()) {
    if (::send(sender.fd(), last.data() + held, kPiece, MSG_DONTWAIT) != kPiece) break;
    if (!eventually(confirmed, std::chrono::seconds(2))) break;
    held += kPiece;
  }
  sender.reset();
  std::future<std::string> reading;
  const auto read = [&] { return receiver.receive_all(); };
  if (!reads_late) reading = std::async(std::launch::async, read);
  host.daemon().signal(SIGCONT);
  if (reads_late) {
    // The daemon has seen the reset, and has what its receiver has no room for.
    CHECK(host.daemon().status().ports.size() == 1);
    reading = std::async(std::launch::async, read);
  }
  const std::string got = reading.get();
  CHECK(receiver.end() == End::reset);
  CAPTURE(held, got.size());
  CHECK(held >= 1 << 20);
  CHECK(got.size() >= held);
  CHECK(std::string_view(last).starts_with(got));
  CHECK(eventually([&] { return host.daemon().status().open == 0; }));
}

TEST_CASE("a reset by a client that reads nothing frees the connection at once", "[reset]") {
  MailHost host;
  std::promise<End> seen;
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    while (peer.send(std::string(65536, 'x'))) continue;
    seen.set_value(peer.wait_end());
  });
  host.start();
  Peer client = connect_to(host.port, "127.0.0.1", 4096);
  CHECK(client.receive(1) == "x");
  // The daemon holds bytes that the client does not take.
  CHECK(eventually(
      [&] { return host.daemon().status().port(std::to_string(host.port)).bytes_out > 1; }));
  client.reset();
  CHECK(eventually([&] { return host.daemon().status().open == 0; }));
  auto result = seen.get_future();
  REQUIRE(result.wait_for(kDeadline) == std::future_status::ready);
}

TEST_CASE("a reset after the client's half-close reaches the client as a reset", "[reset]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, [&](Peer& peer) {
    peer.receive_all();
    peer.send("partial");
    peer.reset();
  });
  host.start();
  Peer client = host.connect();
  client.send("question");
  client.half_close();
  CHECK(client.receive_all() == "partial");
  CHECK(client.end() == End::reset);
}

TEST_CASE("other connections do not notice a reset", "[reset]") {
  MailHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  host.start({"--threads", "1"});
  Peer stays = host.connect();
  CHECK(stays.receive_line() == "v1");
  for (int i = 0; i < 50; ++i) {
    Peer leaves = host.connect();
    CHECK(leaves.receive_line() == "v1");
    leaves.send("x");
    leaves.reset();
  }
  CHECK(eventually([&] { return host.daemon().status().open == 1; }));
  stays.send("still here");
  CHECK(stays.receive(10) == "still here");
}
