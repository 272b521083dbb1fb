// What can happen to a connection, at either side, at every moment of a daemon's life: its fault
// stays its own, and is passed on as what it was.
//
// In each cell three connections share one thread of the daemon. Two suffer the same fault at the
// same moment, one from its client and one from its container; the third must not notice.
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <atomic>
#include <csignal>
#include <future>
#include <limits>

#include "catch.h"
#include "host.h"

using namespace netports::test;

namespace {

enum class Side { client, backend };

enum class Moment {
  connecting,         // no container has answered the daemon's dial yet
  streaming,          // nothing else goes on
  switching,          // a reload to another container is under way
  mapping_drains,     // the mapping is gone, what was open may finish
  daemon_drains,      // SIGTERM
  upgrade_begins,     // SIGUSR2, the new daemon is not ready yet
  upgrade_completed,  // the new one has taken over, this one has what was open
};

const char* name_of(Moment moment) {
  switch (moment) {
    case Moment::connecting:
      return "before the container has answered";
    case Moment::streaming:
      return "in mid-stream";
    case Moment::switching:
      return "during a switch to another container";
    case Moment::mapping_drains:
      return "while a mapping that is gone drains";
    case Moment::daemon_drains:
      return "while a daemon that was told to stop drains";
    case Moment::upgrade_begins:
      return "while a new daemon starts";
    case Moment::upgrade_completed:
      return "after a new daemon has taken over";
  }
  return "";
}

/// Less than the daemon reads at once: no pipe is lent, so that descriptors can be counted.
constexpr std::size_t kMessage = 20'000;

/// `count` bytes that are nobody else's.
std::string fresh_bytes(std::size_t count = kMessage) {
  static unsigned seed = 500;
  return random_bytes(count, ++seed);
}

/// A mapping of its own, and a connection over it whose two ends the test holds.
struct Line {
  explicit Line(Side side = Side::client) : faulty_side(side) {}
  Peer& faulty() { return *(faulty_side == Side::client ? client : backend); }
  Peer& other() { return *(faulty_side == Side::client ? backend : client); }

  const Side faulty_side;
  const std::uint16_t port = free_port();
  const std::uint16_t private_port = free_port();
  const netports::UniqueFd listening = listen_at(MailHost::kAddress, private_port);
  std::optional<Peer> client;
  std::optional<Peer> backend;
};

/// Bytes both ways at once, all of them and no others.
void exchange(Peer& one, Peer& two) {
  const std::string there = fresh_bytes();
  const std::string back = fresh_bytes();
  REQUIRE(one.send(there));
  REQUIRE(two.send(back));
  REQUIRE((two.receive(there.size()) == there));
  REQUIRE((one.receive(back.size()) == back));
}

/// Whether nothing moves between them: bytes are there to be read, the sender may send no more, and
/// in many looks neither end's queue is another one.
bool stands_still(const Peer& sender, const Peer& reader) {
  const auto queue = [](const Peer& peer, unsigned long which) {
    int count = -1;
    ::ioctl(peer.fd(), which, &count);
    return count;
  };
  const auto queues = [&] { return std::pair(queue(sender, SIOCOUTQ), queue(reader, SIOCINQ)); };
  pollfd room{sender.fd(), POLLOUT, 0};
  const auto before = queues();
  const auto moves = [&] { return ::poll(&room, 1, 0) != 0 || queues() != before; };
  return before.second > 0 && !eventually(moves, std::chrono::milliseconds(200));
}

/// Both ends say goodbye, and nothing else comes.
void part(Peer& one, Peer& two) {
  one.half_close();
  CHECK(two.receive_all().empty());
  CHECK(two.end() == End::closed);
  two.half_close();
  CHECK(one.receive_all().empty());
  CHECK(one.end() == End::closed);
}

/// What happens to a connection.
struct Fault {
  virtual ~Fault() = default;
  /// Options of the mapping.
  [[nodiscard]] virtual std::string options(Moment) const { return ""; }
  [[nodiscard]] virtual int receive_buffer() const { return 0; }
  /// Pipes that may be left in the pool.
  [[nodiscard]] virtual std::size_t pipes() const { return 0; }
  /// Whether the daemon is to find all of a strike at once.
  [[nodiscard]] virtual bool unseen() const { return false; }
  /// Whether even a client's fault takes a container that has answered.
  [[nodiscard]] virtual bool needs_backend() const { return false; }
  /// Whether a client's fault ends the dial to its container.
  [[nodiscard]] virtual bool ends_dial() const { return false; }
  virtual void strike(Line& line) = 0;
  /// Waits, still within the moment, until all of the strike has come to pass.
  virtual void take_effect(Line&) {}
  /// The moment has passed: what has become of the connection, up to its end.
  virtual void settle(Line& line) = 0;
};

class Scene {
 public:
  Scene(Fault& client_fault, Fault& backend_fault, Moment moment)
      : moment_(moment), faults_{&client_fault, &backend_fault} {
    std::string ports = mapping(bystander_, "");
    for (Line* line : {&by_client_, &by_backend_}) {
      ports += mapping(*line, client_fault.options(moment));
      if (const int size = client_fault.receive_buffer(); size > 0) {
        ::setsockopt(line->listening.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
      }
    }
    host_.ports("mail", ports);
    host_.start({"--threads", "1"});
    before_ = host_.settled_usage();
  }
  // A daemon that is still frozen would not end.
  ~Scene() { host_.daemon().signal(SIGCONT); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void play() {
    connect(bystander_, 0);
    for (Line* line : {&by_client_, &by_backend_}) {
      if (moment_ == Moment::connecting) make_deaf(line->listening.get());
      line->client = connect_to(line->port, "127.0.0.1", faults_[0]->receive_buffer());
      if (moment_ == Moment::connecting) continue;
      line->backend = accept_from(line->listening);
      exchange(*line->client, *line->backend);
    }
    begin();
    if (moment_ != Moment::connecting && faults_[0]->unseen()) daemon().freeze();
    const bool late = moment_ == Moment::connecting && faults_[0]->needs_backend();
    if (!late) faults_[0]->strike(by_client_);
    if (moment_ == Moment::connecting) answer_dials();
    if (late) faults_[0]->strike(by_client_);
    faults_[1]->strike(by_backend_);
    daemon().signal(SIGCONT);
    faults_[0]->take_effect(by_client_);
    faults_[1]->take_effect(by_backend_);
    look_around();
    end();
    if (by_client_.backend) {
      INFO("the client's fault");
      faults_[0]->settle(by_client_);
    }
    look_around();
    {
      INFO("the container's fault");
      faults_[1]->settle(by_backend_);
    }
    look_around();
    leave();
  }

 private:
  DaemonProcess& daemon() { return host_.daemon(); }
  static std::string mapping(const Line& line, const std::string& options) {
    return std::to_string(line.port) + ":" + std::to_string(line.private_port) + options + "\n";
  }
  static void connect(Line& line, int receive_buffer) {
    line.client = connect_to(line.port, "127.0.0.1", receive_buffer);
    line.backend = accept_from(line.listening);
    exchange(*line.client, *line.backend);
  }

  /// The others: who is there, and who comes.
  void look_around() {
    exchange(*bystander_.client, *bystander_.backend);
    CHECK_FALSE(bystander_.client->readable());
    CHECK_FALSE(bystander_.backend->readable());
  }

  std::size_t dialling() {
    const std::string list = daemon().ask("connections mail");
    std::size_t count = 0;
    for (auto at = list.find(kConnecting); at != std::string::npos; ++count) {
      at = list.find(kConnecting, at + 1);
    }
    return count;
  }

  void begin() {
    switch (moment_) {
      case Moment::connecting:
        REQUIRE(eventually([&] { return dialling() == 2; }));
        break;
      case Moment::streaming:
        break;
      case Moment::switching:
        next_ = listen_at("127.0.0.3", bystander_.private_port);
        host_.run("mail", "web.1", "127.0.0.3");
        hold_engine();
        reload_ = connect_to_path(host_.control());
        reload_->send("reload mail\n");
        wait_for_engine();
        break;
      case Moment::mapping_drains:
        host_.ports("mail", mapping(bystander_, ""));
        REQUIRE(daemon().ask("reload mail") == "ok\n");
        CHECK_FALSE(try_connect_to(by_client_.port));
        CHECK_FALSE(try_connect_to(by_backend_.port));
        break;
      case Moment::daemon_drains:
        daemon().signal(SIGTERM);
        REQUIRE(daemon().wait_log("closed port=" + std::to_string(bystander_.port) + "\n"));
        CHECK_FALSE(try_connect_to(bystander_.port));
        break;
      case Moment::upgrade_begins:
        hold_engine();
        daemon().signal(SIGUSR2);
        wait_for_engine();
        break;
      case Moment::upgrade_completed:
        REQUIRE(daemon().upgrade());
        break;
    }
    look_around();
  }

  /// The containers answer while the daemon does not look: it will find the connection and what
  /// happened to it all at once.
  void answer_dials() {
    const bool both = !faults_[0]->ends_dial();
    if (!both) REQUIRE(eventually([&] { return daemon().status().open == 2; }));
    daemon().freeze();
    for (Line* line : {&by_client_, &by_backend_}) {
      make_deaf(line->listening.get(), false);
    }
    by_backend_.backend = accept_from(by_backend_.listening);
    if (both) by_client_.backend = accept_from(by_client_.listening);
  }

  void end() {
    host_.engine.hang(false);
    if (moment_ == Moment::switching) CHECK(reload_->receive_all() == "ok\n");
    if (moment_ == Moment::upgrade_begins) {
      const bool upgraded = eventually([&] { return daemon().upgrades() == 1; });
      INFO(daemon().log());
      REQUIRE(upgraded);
    }
    if (moment_ == Moment::daemon_drains) return;
    // Who comes now is served, after a switch by the new container.
    Peer client = connect_to(bystander_.port);
    Peer backend = accept_from(next_ ? next_ : bystander_.listening);
    exchange(client, backend);
    part(client, backend);
  }

  /// All that the two had has come back, and the daemon can end.
  void leave() {
    // A daemon that has been replaced cannot be asked; it must end with its last connection.
    const bool replaced = moment_ == Moment::upgrade_begins || moment_ == Moment::upgrade_completed;
    if (!replaced) {
      CHECK(eventually([&] { return daemon().status().open == 1; }));
    }
    pollfd arrivals{by_client_.listening.get(), POLLIN, 0};
    CHECK(::poll(&arrivals, 1, 0) == 0);
    part(*bystander_.client, *bystander_.backend);
    if (replaced) {
      daemon().follow(daemon().pid_in_log("handed-over"));
      // Now it has all that a daemon keeps.
      CHECK(eventually([&] { return host_.engine.followers() > 1; }));
    } else if (moment_ == Moment::daemon_drains) {
      CHECK(daemon().wait_exit() == 0);
      return;
    }
    CHECK(eventually([&] { return daemon().status().open == 0; }));
    // An heir keeps a handle of the daemon before it, to bound how many drain.
    const std::size_t kept = 2 * faults_[0]->pipes() + (replaced ? 1 : 0);
    CHECK(eventually([&] { return daemon().usage().descriptors <= before_.descriptors + kept; }));
    CHECK(daemon().usage().threads == before_.threads);
  }

  void hold_engine() {
    asked_ = host_.engine.requests();
    host_.engine.hang(true);
  }
  void wait_for_engine() {
    REQUIRE(eventually([&] { return host_.engine.requests() > asked_; }));
  }

  static constexpr const char* kConnecting = "\"connecting\"";
  const Moment moment_;
  Fault* const faults_[2];
  MailHost host_;
  Line bystander_;
  Line by_client_{Side::client};
  Line by_backend_{Side::backend};
  netports::UniqueFd next_;  // where the new container listens
  std::optional<Peer> reload_;
  std::size_t asked_ = 0;
  Usage before_{};
};

template <typename Kind>
void at_every_moment() {
  for (const Moment moment :
       {Moment::connecting, Moment::streaming, Moment::switching, Moment::mapping_drains,
        Moment::daemon_drains, Moment::upgrade_begins, Moment::upgrade_completed}) {
    DYNAMIC_SECTION(name_of(moment)) {
      Kind of_client;
      Kind of_backend;
      Scene(of_client, of_backend, moment).play();
    }
  }
}

struct SaysItsLast : Fault {
  void strike(Line& line) override {
    REQUIRE(line.faulty().send(last));
    line.faulty().half_close();
  }
  void settle(Line& line) override {
    CHECK((line.other().receive_all() == last));
    CHECK(line.other().end() == End::closed);
    const std::string answer = fresh_bytes();
    CHECK(line.other().send(answer));
    CHECK((line.faulty().receive(answer.size()) == answer));
    part(line.other(), line.faulty());
  }
  const std::string last = fresh_bytes();
};

struct Resets : Fault {
  [[nodiscard]] bool unseen() const override { return true; }
  [[nodiscard]] bool ends_dial() const override { return true; }
  void strike(Line& line) override {
    REQUIRE(line.faulty().send(last));
    line.faulty().reset();
  }
  void settle(Line& line) override {
    CHECK((line.other().receive_all() == last));
    CHECK(line.other().end() == End::reset);
  }
  const std::string last = fresh_bytes();
};

struct StopsReading : Fault {
  [[nodiscard]] int receive_buffer() const override { return 65536; }
  [[nodiscard]] std::size_t pipes() const override { return 2; }
  [[nodiscard]] bool needs_backend() const override { return true; }
  void strike(Line& line) override {
    sent = std::async(std::launch::async, [&] {
      for (; pieces < all; ++pieces) {
        if (!line.other().send(piece)) return false;
      }
      return true;
    });
  }
  void take_effect(Line& line) override {
    // Status would tell only of mappings that are there, and of a daemon until it is replaced.
    REQUIRE(eventually([&] { return stands_still(line.other(), line.faulty()); }));
    // The kernel may find room for a little more at any time: these pieces are far from it.
    all = pieces + 4;
  }
  void settle(Line& line) override {
    // The other direction goes on meanwhile.
    const std::string message = fresh_bytes();
    REQUIRE(line.faulty().send(message));
    CHECK((line.other().receive(message.size()) == message));
    // The sender waits still: the reader lacks bytes that have yet to pass the daemon.
    REQUIRE(sent.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    int right = 0;
    while (right < all && line.faulty().receive(piece.size()) == piece) ++right;
    CHECK(right == all);
    CHECK(sent.get());
    part(line.faulty(), line.other());
  }
  // Not the same for each.
  const std::string piece = fresh_bytes(1'000'003);
  std::atomic<int> pieces{0};
  // More than all buffers on the way take, which shows when nothing moves any more.
  std::atomic<int> all{std::numeric_limits<int>::max()};
  std::future<bool> sent;
};

struct StopsWriting : Fault {
  void strike(Line& line) override { REQUIRE(line.faulty().send(half)); }
  void settle(Line& line) override {
    CHECK((line.other().receive(half.size()) == half));
    const std::string answer = fresh_bytes();
    REQUIRE(line.other().send(answer));
    CHECK((line.faulty().receive(answer.size()) == answer));
    CHECK_FALSE(line.other().readable());
    REQUIRE(line.faulty().send(rest));
    line.faulty().half_close();
    CHECK((line.other().receive_all() == rest));
    CHECK(line.other().end() == End::closed);
    part(line.other(), line.faulty());
  }
  const std::string half = fresh_bytes();
  const std::string rest = fresh_bytes();
};

struct Vanishes : Fault {
  [[nodiscard]] std::string options(Moment moment) const override {
    return moment == Moment::mapping_drains ? " drain-timeout=500ms" : " idle-timeout=500ms";
  }
  void strike(Line& line) override {
    REQUIRE(line.faulty().send(last));
    line.faulty().vanish();
    if (line.client && line.backend) REQUIRE(line.other().send("anyone there?"));
  }
  void settle(Line& line) override {
    CHECK((line.other().receive_all() == last));
    CHECK(line.other().end() == End::reset);
    line.faulty().reset();
  }
  const std::string last = fresh_bytes();
};

}  // namespace

TEST_CASE("a side that ends its sending is heard to its last byte, and hears the other out",
          "[faults]") {
  at_every_moment<SaysItsLast>();
}

TEST_CASE("a reset by either side is a reset for the other", "[faults]") {
  at_every_moment<Resets>();
}

TEST_CASE("a side that does not read for a while loses nothing and goes on being heard",
          "[faults]") {
  at_every_moment<StopsReading>();
}

TEST_CASE("a side that is silent in mid-message loses nothing and goes on hearing", "[faults]") {
  at_every_moment<StopsWriting>();
}

TEST_CASE("a side that vanishes without a word is given up in time, and the other is told",
          "[faults]") {
  at_every_moment<Vanishes>();
}
