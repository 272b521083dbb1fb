#include "forwarder/worker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <new>

#include "base/error.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"
#include "forwarder/socket.h"

namespace netports {

namespace {

constexpr std::uintptr_t kTagBits = 3;

template <typename Tag>
std::uint64_t tagged(const void* pointer, Tag tag) {
  return reinterpret_cast<std::uintptr_t>(pointer) | static_cast<std::uintptr_t>(tag);
}

/// Failures of this host, which say nothing of the backend: descriptors or memory.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EAGAIN;
}

/// Logged for the first failure in a row only: a backend that is down is dialled again and again.
void report_dial_failure(const Connection& connection, const std::string& reason) {
  if (connection.target->down && !event_log::debug_enabled()) return;
  event_log::write("backend-failed", {{"app", connection.route->app},
                                      {"container", connection.target->name},
                                      {"address", connection.target->address()},
                                      {"reason", reason}});
}

bool contains(const std::vector<Cidr>& networks, const IpAddress& ip) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Cidr& network) { return network.contains(ip); });
}

/// How many its listener may have, if it is `overflow` that is done with more.
std::uint32_t most_of(const Route* route, Overflow overflow) {
  constexpr auto kAny = std::numeric_limits<std::uint32_t>::max();
  if (route == nullptr || route->mapping.options.overflow != overflow) return kAny;
  const std::uint32_t most = route->mapping.options.max_connections;
  return most == 0 ? kAny : most;
}

bool is_bulk(const Connection& connection) {
  return connection.up.splicing() || connection.down.splicing();
}

bool has_idle_timeout(const Connection& connection) {
  return connection.route->mapping.options.idle_timeout.count() > 0;
}

PeerAddress peer_address(const sockaddr_storage& storage) {
  const auto port = storage.ss_family == AF_INET6
                        ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                        : reinterpret_cast<const sockaddr_in&>(storage).sin_port;
  return {IpAddress::of(storage).value_or(IpAddress()), ntohs(port)};
}

/// Whether there is something to read. A backend that has spoken did answer, even if it has reset
/// since.
bool has_bytes(int fd) {
  int count = 0;
  return ::ioctl(fd, FIONREAD, &count) == 0 && count > 0;
}

/// Whether the other side has not answered yet: the handshake is not done.
bool is_still_dialled(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
         info.tcpi_state == TCP_SYN_SENT;
}

/// Whether `now`, the route of a listener at this time, has the container where `target` is. Of
/// another app it is none of ours.
bool leads_to(const Backend& target, const Route* now, const Route& before) {
  return now != nullptr && now->app == before.app &&
         std::any_of(now->backends.begin(), now->backends.end(), [&](const auto& backend) {
           return backend->container_id == target.container_id && backend->ip == target.ip;
         });
}

/// The address the client connected to.
PeerAddress own_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return peer_address(storage);
}

}  // namespace

Worker::Worker(WorkerTeam& team, unsigned index)
    : team_(team),
      index_(index),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      table_(std::make_shared<const RouteTable>()) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tagged(nullptr, Tag::wake);
  if (!epoll_ || !wake_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
    throw Error("Unable to set up a forwarding thread: {}", errno_text(errno));
  }
}

Worker::~Worker() { stop(); }

void Worker::start() {
  thread_ = std::thread([this] { loop(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.push_back(std::move(task));
  }
  wake();
}

void Worker::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void Worker::use_table(std::shared_ptr<const RouteTable> table) {
  table_ = std::move(table);
  for (Connection* connection = waiting_.front(); connection != nullptr;) {
    Connection* following = connection->next;
    if (connection->target && is_still_dialled(connection->backend.fd) &&
        !leads_to(*connection->target, table_->find(connection->listener.get()).get(),
                  *connection->route)) {
      guarded(connection, [&] {
        --connection->target->open;
        close(connection->backend);
        connection->target.reset();
        dial(connection);
      });
    }
    connection = following;
  }
}

void Worker::run_tasks() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void Worker::loop() {
  std::array<epoll_event, limits::kEventsPerBatch> events{};
  bool busy = false;
  while (!stopping_) {
    if (busy) yielder_.yield(now_);
    const int timeout = wait_timeout();
    asleep_.store(timeout != 0, std::memory_order_relaxed);
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    asleep_.store(false, std::memory_order_relaxed);
    now_ = now_ms();
    bulk_moved_ = 0;
    take_turns();
    bool woken = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto tag = static_cast<Tag>(event.data.u64 & kTagBits);
      void* object = reinterpret_cast<void*>(event.data.u64 & ~kTagBits);
      if (tag == Tag::wake) {
        woken = true;
      } else if (tag == Tag::listener) {
        accept_from(static_cast<Listener*>(object));
      } else {
        auto* connection = static_cast<Connection*>(object);
        guarded(connection, [&] { on_socket(connection, tag, event.events); });
      }
    }
    if (now_ >= next_tick_) on_tick();
    if (woken) run_tasks();
    free_closed();
    // A lone small message is no load: its answer may be the next thing to come.
    busy = bulk_moved_ > 0 || count > 1;
  }
  reset_if([](const Connection&) { return true; });
  free_closed();
}

void Worker::take_turns() {
  for (auto due = ready_.size(); due > 0 && !ready_.empty(); --due) {
    Connection* connection = ready_.front();
    if (!has_turn(*connection)) return;
    ready_.pop_front();
    connection->queued = false;
    guarded(connection, [&] { drive(connection); });
  }
}

bool Worker::has_turn(const Connection& connection) const {
  return bulk_moved_ < limits::kBytesPerTurn || !is_bulk(connection);
}

void Worker::wait_for_turn(Connection* connection) {
  if (connection->queued) return;
  connection->queued = true;
  ready_.push_back(connection);
}

void Worker::free_closed() {
  while (Connection* connection = closed_.front()) {
    closed_.remove(connection);
    delete connection;
  }
}

template <typename Step>
void Worker::guarded(Connection* connection, const Step& step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
    if (connection->state != Connection::State::closed) {
      reset(connection, counts(connection).shortage);
    }
  }
}

int Worker::wait_timeout() const {
  if (!ready_.empty()) return 0;
  if (waiting_.size() > 0 || !paused_.empty() || !prober_.empty() || !dying_.empty()) {
    return static_cast<int>(limits::kTick.count());
  }
  if (young_ != nullptr || idle_watched_ > 0 || !drains_.empty()) {
    return static_cast<int>(limits::kSlowTick.count());
  }
  return -1;
}

void Worker::on_tick() {
  next_tick_ = now_ + limits::kTick.count();
  end_overdue();
  keep_lasting_alive();
  prober_.tick(*table_, now_);
  std::erase_if(paused_, [this](Listener* listener) { return resume_accepting(*listener); });
}

void Worker::end_overdue() {
  for (Connection* connection = waiting_.front(); connection != nullptr;) {
    Connection* following = connection->next;
    const auto timeout = connection->route->mapping.options.connect_timeout.count();
    if (now_ - connection->active >= timeout) {
      if (connection->state == Connection::State::greeting) {
        reset(connection, counts(connection).bad_greeting);
      } else {
        guarded(connection, [&] { dial_failed(connection, "It does not answer"); });
      }
    }
    connection = following;
  }
  if (idle_watched_ > 0) {
    for (Connection* connection = streaming_.front(); connection != nullptr;) {
      Connection* following = connection->next;
      const auto timeout = connection->route->mapping.options.idle_timeout.count();
      if (timeout > 0 && now_ - connection->active >= timeout) {
        reset(connection, counts(connection).idle);
      }
      connection = following;
    }
  }
  for (std::size_t i = dying_.size(); i-- > 0;) {
    Connection* connection = dying_[i];
    const auto timeout = connection->route->mapping.options.drain_timeout.count();
    if (now_ - connection->active >= timeout) {
      reset(connection, counts(connection).reset);
    } else {
      // Nothing tells when a kernel has delivered its last byte.
      guarded(connection, [&] { drive(connection); });
    }
  }
  for (const Drain& drain : drains_) {
    if (now_ >= drain.deadline) reset_if(drain.matches);
  }
  std::erase_if(drains_, [this](const Drain& drain) { return now_ >= drain.deadline; });
}

void Worker::keep_lasting_alive() {
  // Clients have it from the listening socket.
  while (young_ != nullptr && now_ - young_->accepted >= limits::kYoung.count()) {
    keep_alive(young_->backend.fd);
    young_ = young_->next;
  }
}

void Worker::listen(Listener& listener) {
  std::erase(paused_, &listener);
  paused_.push_back(&listener);
  if (resume_accepting(listener)) paused_.pop_back();
}

void Worker::accepts_no_more() {
  accepting_ = false;
  prober_ = Prober();
}

void Worker::stop_listening(Listener& listener) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd.get(), nullptr);
  std::erase(paused_, &listener);
}

bool Worker::turn_away(Listener& listener) {
  const UniqueFd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    if (errno == EINTR || errno == ECONNABORTED) return true;
    if (is_shortage(errno) && errno != EAGAIN) pause_accepting(&listener);
    return false;
  }
  add_own<std::uint64_t>(listener.counts[index_].accepted, 1);
  add_own<std::uint64_t>(listener.counts[index_].over_limit, 1);
  close_with_reset(fd.get());
  return true;
}

void Worker::pause_accepting(Listener* listener) {
  // The tick resumes it. That is not put off: a full listener pauses with each client it lets in,
  // and timeouts depend on the tick. Noted first: without memory for that it goes on accepting.
  paused_.push_back(listener);
  // Clients wait in the kernel's queue meanwhile.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener->fd.get(), nullptr);
  if (now_ < next_pause_report_) return;
  next_pause_report_ = now_ + limits::kPauseReport.count();
  event_log::write("accept-paused", {{"port", listener->address.text()},
                                     {"open", listener->reserved.load()},
                                     {"open-in-all", team_.open_connections.load()},
                                     {"limit-in-all", team_.max_connections.load()}});
}

bool Worker::resume_accepting(Listener& listener) {
  epoll_event event{};
  // EXCLUSIVE: a new connection wakes one sleeping thread, not all.
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.u64 = tagged(&listener, Tag::listener);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.fd.get(), &event) == 0) return true;
  if (errno == EEXIST) return true;
  try {
    event_log::write("listen-failed",
                     {{"port", listener.address.text()}, {"reason", errno_text(errno)}});
  } catch (const std::bad_alloc&) {
    // The kernel will have had as little.
  }
  return false;
}

bool Worker::reserve(Listener& listener, const Route* route) {
  // Counted here, not when opened: a connection on its way to another thread has its place too.
  if (!add_up_to(team_.open_connections, team_.max_connections.load(std::memory_order_relaxed))) {
    return false;
  }
  if (add_up_to(listener.reserved, most_of(route, Overflow::queue))) return true;
  team_.open_connections.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Worker::release(Listener& listener) {
  team_.open_connections.fetch_sub(1, std::memory_order_relaxed);
  listener.reserved.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::accept_from(Listener* listener) {
  try {
    on_listener(listener);
  } catch (const std::bad_alloc&) {
    // Whoever was just accepted is gone; the listener's next event brings the others.
  }
}

void Worker::on_listener(Listener* listener) {
  const auto route = table_->find(listener);
  for (int i = 0; i < limits::kAcceptsPerEvent; ++i) {
    if (!reserve(*listener, route.get())) {
      if (route && route->mapping.options.overflow == Overflow::reset) {
        if (turn_away(*listener)) continue;
        return;
      }
      return pause_accepting(listener);
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    UniqueFd fd(::accept4(listener->fd.get(), reinterpret_cast<sockaddr*>(&address), &length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      const int error = errno;
      release(*listener);
      if (is_shortage(error) && error != EAGAIN) return pause_accepting(listener);
      if (error == EINTR || error == ECONNABORTED) continue;
      return;
    }
    Arrival arrival{std::move(fd), peer_address(address), listener->shared_from_this()};
    Worker& worker = worker_for_next();
    if (&worker == this) {
      open(std::move(arrival));
    } else {
      // A task must be copyable, a descriptor's owner is not: the task owns it by agreement.
      try {
        worker.post([&worker, raw = arrival.fd.get(), peer = arrival.peer, to = arrival.listener] {
          worker.open({UniqueFd(raw), peer, to});
        });
      } catch (const std::bad_alloc&) {
        add_own<std::uint64_t>(listener->counts[index_].shortage, 1);
        release(*listener);
        close_with_reset(arrival.fd.get());
        continue;
      }
      [[maybe_unused]] const int owned_by_task = arrival.fd.release();
    }
  }
}

Worker& Worker::worker_for_next() {
  // Threads at work take what they can; only one that sleeps has to be given some, for a single
  // connection tends to wake the same thread each time.
  Worker* best = this;
  std::size_t fewest = connections();
  for (const auto& worker : team_.workers) {
    const std::size_t open = worker->connections() + limits::kHandOverMargin;
    if (open < fewest && worker->asleep_.load(std::memory_order_relaxed)) {
      best = worker.get();
      fewest = worker->connections();
    }
  }
  return *best;
}

void Worker::open(Arrival arrival) {
  Listener& listener = *arrival.listener;
  ListenerCounts& count = listener.counts[index_];
  const auto refuse = [&](std::atomic<std::uint64_t>& reason) {
    add_own<std::uint64_t>(reason, 1);
    release(listener);
    close_with_reset(arrival.fd.get());
  };
  add_own<std::uint64_t>(count.accepted, 1);
  auto route = table_->find(&listener);
  if (!route || route->backends.empty()) return refuse(count.no_backend);
  auto* connection = new (std::nothrow) Connection;
  if (connection == nullptr) return refuse(count.shortage);
  add_own<std::int64_t>(count.open, 1);
  open_.store(open_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  connection->client.fd = arrival.fd.release();
  connection->client.connected = true;
  // Clients that speak first have often spoken already: try before asking epoll.
  connection->client.readable = true;
  connection->client.writable = true;
  connection->listener = std::move(arrival.listener);
  connection->route = std::move(route);
  connection->peer = arrival.peer;
  connection->accepted = now_;
  connection->active = now_;
  waiting_.push_back(connection);
  if (has_idle_timeout(*connection)) ++idle_watched_;
  guarded(connection, [&] {
    if (contains(connection->route->mapping.options.accept_proxy, connection->peer.ip)) {
      connection->state = Connection::State::greeting;
      read_greeting(connection);
    } else {
      admit(connection);
    }
  });
}

void Worker::read_greeting(Connection* connection) {
  char bytes[kMaxProxyHeaderBytes];
  // Looked at first, taken when whole: what follows the header belongs to the backend.
  const ssize_t got = ::recv(connection->client.fd, bytes, sizeof bytes, MSG_PEEK);
  const bool nothing_yet = got < 0 && (errno == EAGAIN || errno == EINTR);
  ParsedProxyHeader header;
  if (got > 0) header = parse_proxy_header({bytes, static_cast<std::size_t>(got)});
  if ((got <= 0 && !nothing_yet) || header.state == ParsedProxyHeader::State::invalid) {
    return reset(connection, counts(connection).bad_greeting);
  }
  if (header.state == ParsedProxyHeader::State::incomplete) {
    if (!register_events(connection, connection->client, Tag::client, EPOLLIN | EPOLLRDHUP)) {
      reset(connection, counts(connection).shortage);
    }
    return;
  }
  if (::recv(connection->client.fd, bytes, header.length, 0) !=
      static_cast<ssize_t>(header.length)) {
    return reset(connection, counts(connection).bad_greeting);
  }
  if (header.source) connection->peer = *header.source;
  connection->state = Connection::State::connecting;
  admit(connection);
}

void Worker::admit(Connection* connection) {
  const MappingOptions& options = connection->route->mapping.options;
  const IpAddress& ip = connection->peer.ip;
  ListenerCounts& count = counts(connection);
  if (contains(options.deny, ip) || (!options.allow.empty() && !contains(options.allow, ip))) {
    return reset(connection, count.denied);
  }
  if (!add_up_to(connection->listener->admitted,
                 most_of(connection->route.get(), Overflow::reset))) {
    return reset(connection, count.over_limit);
  }
  connection->admitted = true;
  connection->accepted = now_;
  if (options.max_rate > 0 && !connection->listener->rate.admit(ip, options.max_rate, now_)) {
    return reset(connection, count.over_rate);
  }
  if (options.proxy_protocol != ProxyHeader::none) {
    connection->up.begin_with(
        proxy_header(options.proxy_protocol, connection->peer, own_address(connection->client.fd)));
  }
  dial(connection);
}

void Worker::dial(Connection* connection) {
  static const Backends kNone;
  bool lacks_ports = false;
  while (true) {
    if (!follow_route(connection)) return reset(connection, counts(connection).unreachable);
    const Backends& tried = connection->tried ? *connection->tried : kNone;
    connection->target = connection->route->pick(tried, connection->peer.ip);
    if (!connection->target) {
      if (lacks_ports) return reset(connection, counts(connection).shortage);
      team_.on_unreachable(connection->route->app);
      return reset(connection, counts(connection).unreachable);
    }
    Backend& target = *connection->target;
    UniqueFd fd = start_connect(target.ip, target.port);
    if (fd) {
      ++target.open;
      connection->backend = Endpoint{};
      connection->backend.fd = fd.release();
      // A container's handshake is usually done when connect returns: try to write at once.
      connection->backend.writable = true;
      connection->active = now_;
      return drive(connection);
    }
    const int error = errno;
    report_dial_failure(*connection, errno_text(error));
    if (is_shortage(error)) {  // ours, not the backend's
      return reset(connection, counts(connection).shortage);
    }
    if (error == EADDRNOTAVAIL) {  // no local port is left towards this one; the others have theirs
      lacks_ports = true;
      skip(connection);
    } else {
      pass_over(connection);
    }
  }
}

void Worker::skip(Connection* connection) {
  if (!connection->tried) connection->tried = std::make_unique<Backends>();
  connection->tried->push_back(connection->target);
}

void Worker::pass_over(Connection* connection) {
  ++connection->target->failed;
  skip(connection);
  if (accepting_) prober_.add(connection->target, connection->listener, now_);
}

bool Worker::follow_route(Connection* connection) const {
  auto now = table_->find(connection->listener.get());
  if (now == connection->route) return true;
  // A deploy came meanwhile. The client was let in for this app, by these options: another app's
  // port, or other rules, are not for it. The slot of a listener that is gone may be another one's.
  if (!now || now->app != connection->route->app || now->mapping != connection->route->mapping) {
    return false;
  }
  connection->route = std::move(now);
  return true;
}

void Worker::dial_failed(Connection* connection, const std::string& reason) {
  Backend& target = *connection->target;
  report_dial_failure(*connection, reason);
  --target.open;
  close(connection->backend);
  pass_over(connection);
  connection->target.reset();
  dial(connection);
}

void Worker::established(Connection* connection) {
  connection->backend.connected = true;
  connection->state = Connection::State::streaming;
  connection->target->down = false;
  ++connection->target->accepted;
  ListenerCounts& count = counts(connection);
  const Millis taken = now_ms() - connection->accepted;
  const auto bucket =
      std::lower_bound(kConnectTimeBounds.begin(), kConnectTimeBounds.end(), taken) -
      kConnectTimeBounds.begin();
  add_own<std::uint64_t>(count.connect_times[static_cast<std::size_t>(bucket)], 1);
  add_own(count.connect_ms, static_cast<std::uint64_t>(taken));
  waiting_.remove(connection);
  streaming_.push_back(connection);
  if (young_ == nullptr) young_ = connection;
}

void Worker::on_socket(Connection* connection, Tag side, std::uint32_t events) {
  if (connection->state == Connection::State::closed) return;
  Endpoint& endpoint = side == Tag::client ? connection->client : connection->backend;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) endpoint.readable = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) endpoint.hung_up = true;
  if ((events & EPOLLPRI) != 0) endpoint.urgent = true;
  if ((events & (EPOLLRDHUP | EPOLLERR)) == EPOLLRDHUP) endpoint.ends = true;
  if ((events & (EPOLLOUT | EPOLLERR)) != 0) endpoint.writable = true;
  if (connection->state == Connection::State::greeting) return read_greeting(connection);
  if (side == Tag::backend && connection->state == Connection::State::connecting) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && !has_bytes(endpoint.fd)) {
      // No error: the event was of the backend dialled before this one, closed in the same batch.
      const int error = socket_error(endpoint.fd);
      return error == 0 ? void() : dial_failed(connection, errno_text(error));
    }
    if ((events & (EPOLLOUT | EPOLLHUP)) != 0) established(connection);
  }
  if ((events & EPOLLERR) != 0) endpoint.errored = true;
  // Who waits for a turn keeps its place.
  if (connection->queued || !has_turn(*connection)) return wait_for_turn(connection);
  drive(connection);
}

void Worker::drive(Connection* connection) {
  using Result = Pump::Result;
  ListenerCounts& count = counts(connection);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  Result up = connection->up.run(connection->client, connection->backend, tools_, in);
  if (connection->state == Connection::State::connecting) {
    if (connection->backend.connected) {
      established(connection);
    } else if (up == Result::failed) {
      // What could not be sent is held; then it was the backend that failed, not the client.
      if (!connection->up.holds_bytes()) return reset(connection, count.reset);
      const int error = errno;
      if (!has_bytes(connection->backend.fd)) return dial_failed(connection, errno_text(error));
      established(connection);
    }
  }
  Result down = Result::waiting;
  if (connection->state == Connection::State::streaming) {
    down = connection->down.run(connection->backend, connection->client, tools_, out);
    if (down == Result::failed && up != Result::failed) {
      up = connection->up.run(connection->client, connection->backend, tools_, in);
    }
  }
  if (in > 0) add_own(count.bytes_in, in);
  if (out > 0) add_own(count.bytes_out, out);
  if (in + out > 0) connection->active = now_;
  if (is_bulk(*connection)) bulk_moved_ += in + out;
  if (up == Result::finished && down == Result::finished) return close(connection);
  Endpoint& client = connection->client;
  Endpoint& backend = connection->backend;
  if (is_over(connection, client, backend, connection->up, up) ||
      is_over(connection, backend, client, connection->down, down)) {
    return reset(connection, count.reset);
  }
  if (up == Result::more || down == Result::more) wait_for_turn(connection);
  ask_events(connection);
}

bool Worker::is_over(Connection* connection, Endpoint& from, const Endpoint& to, const Pump& pump,
                     Pump::Result result) {
  const bool known = from.broken || pump.read_failed();
  if (!known && !from.errored) return false;
  if (result == Pump::Result::more) return false;
  const bool streaming = connection->state == Connection::State::streaming;
  bool owes = streaming && result == Pump::Result::blocked && pump.holds_bytes();
  if (!owes && !known) {
    // Asked for only now: asking takes it from the reads that are to end with it.
    from.errored = false;
    if (socket_error(from.fd) == 0) return false;
    from.broken = true;
  }
  // A reset that we send throws away what the kernel has not delivered yet.
  owes = owes || (streaming && !to.broken && !to.errored && has_undelivered(to.fd));
  if (owes && !connection->dying) {
    dying_.push_back(connection);
    connection->dying = true;
  }
  return !owes;
}

void Worker::ask_events(Connection* connection) {
  // The one place that decides what to be woken for. A side whose bytes the other does not take is
  // not read, so it is not asked for either.
  const bool connecting = connection->state == Connection::State::connecting;
  const Pump& up = connection->up;
  const Pump& down = connection->down;
  std::uint32_t client = 0;
  std::uint32_t backend = 0;
  constexpr std::uint32_t kIncoming = EPOLLIN | EPOLLPRI | EPOLLRDHUP;
  if (!up.holds_bytes() && !up.saw_end()) client |= kIncoming;
  if (!down.holds_bytes() && !down.saw_end()) backend |= kIncoming;
  if (down.holds_bytes()) client |= EPOLLOUT;
  if (up.holds_bytes() || connecting) backend |= EPOLLOUT;
  if (!register_events(connection, connection->client, Tag::client, client) ||
      !register_events(connection, connection->backend, Tag::backend, backend)) {
    reset(connection, counts(connection).shortage);
  }
}

bool Worker::register_events(Connection* connection, Endpoint& endpoint, Tag side,
                             std::uint32_t wanted) {
  const bool missing = (wanted & ~endpoint.asked) != 0;
  const bool must_mask =
      (endpoint.asked & EPOLLIN) != 0 && (wanted & EPOLLIN) == 0 && !endpoint.hung_up;
  if (endpoint.asked != 0 && !missing && !must_mask) return true;
  epoll_event event{};
  event.events = wanted | EPOLLET;
  event.data.u64 = tagged(connection, side);
  const int operation = endpoint.asked == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  endpoint.asked = wanted | EPOLLET;
  return ::epoll_ctl(epoll_.get(), operation, endpoint.fd, &event) == 0;
}

void Worker::reset(Connection* connection, std::atomic<std::uint64_t>& reason) {
  add_own<std::uint64_t>(reason, 1);
  if (connection->client.fd >= 0) close_with_reset(connection->client.fd);
  if (connection->backend.fd >= 0) close_with_reset(connection->backend.fd);
  close(connection);
}

void Worker::close(Endpoint& endpoint) {
  if (descriptors_copied_ && endpoint.asked != 0) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, endpoint.fd, nullptr);
  }
  endpoint.asked = 0;
  const UniqueFd closing(std::exchange(endpoint.fd, -1));
}

void Worker::close(Connection* connection) {
  const MappingOptions& options = connection->route->mapping.options;
  if (connection == young_) young_ = connection->next;
  (connection->state == Connection::State::streaming ? streaming_ : waiting_).remove(connection);
  connection->state = Connection::State::closed;
  if (connection->queued) std::erase(ready_, connection);
  if (connection->dying) std::erase(dying_, connection);
  connection->up.release(tools_);
  connection->down.release(tools_);
  close(connection->client);
  if (connection->backend.fd >= 0) {
    close(connection->backend);
    --connection->target->open;
  }
  add_own<std::int64_t>(counts(connection).open, -1);
  open_.store(open_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  release(*connection->listener);
  if (connection->admitted) {
    connection->listener->admitted.fetch_sub(1, std::memory_order_relaxed);
  }
  if (has_idle_timeout(*connection)) --idle_watched_;
  if (options.max_connections > 0) {  // there is room for the next one at once
    std::erase_if(paused_, [&](Listener* paused) {
      return paused == connection->listener.get() && resume_accepting(*paused);
    });
  }
  closed_.push_back(connection);
}

void Worker::reset_if(const Matches& matches) {
  for (const ConnectionList* list : {&waiting_, &streaming_}) {
    for (Connection* connection = list->front(); connection != nullptr;) {
      Connection* following = connection->next;
      if (matches(*connection)) reset(connection, counts(connection).drained);
      connection = following;
    }
  }
}

void Worker::reset_later(Matches matches, Millis deadline) {
  drains_.push_back({std::move(matches), deadline});
}

void Worker::visit(const std::function<bool(const Connection&)>& visit) const {
  for (const ConnectionList* list : {&streaming_, &waiting_}) {
    for (const Connection* connection = list->front(); connection != nullptr;
         connection = connection->next) {
      if (!visit(*connection)) return;
    }
  }
}

bool Worker::drains(const Connection& connection) const {
  if (!accepting_) return true;
  const auto route = table_->find(connection.listener.get());
  // The slot of a listener that is gone may be another one's by now.
  if (!route || route->mapping.listen != connection.listener->address) return true;
  return connection.target != nullptr &&
         std::none_of(route->backends.begin(), route->backends.end(),
                      [&](const auto& backend) { return backend->same_place(*connection.target); });
}

}  // namespace netports
