#include "forwarder/forwarder.h"

#include <algorithm>
#include <latch>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <thread>
#include <tuple>

#include "base/error.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"
#include "forwarder/socket.h"

namespace netports {

namespace {

/// Whether bytes of the container are on their way to a slow client: held here, or by the kernel.
bool owes_bytes(const Connection& connection) {
  return connection.down.holds_bytes() || has_undelivered(connection.client.fd);
}

}  // namespace

Forwarder::Forwarder(unsigned threads, std::size_t descriptors, std::size_t max_connections,
                     std::function<void(const std::string& app)> on_unreachable)
    : descriptors_(descriptors), wanted_connections_(max_connections) {
  team_.on_unreachable = std::move(on_unreachable);
  for (unsigned i = 0; i < threads; ++i) {
    team_.workers.push_back(std::make_unique<Worker>(team_, i));
  }
  for (const auto& worker : team_.workers) worker->start();
}

Forwarder::~Forwarder() {
  for (const auto& worker : team_.workers) worker->stop();
}

void Forwarder::limit_connections() {
  const std::size_t pipes = team_.workers.size() * limits::kPipesPerThread * 2;
  const std::size_t left = descriptors_ > served_.size() ? descriptors_ - served_.size() : 0;
  const std::size_t kept = std::min(limits::kReservedDescriptors + pipes, left / 2);
  const std::size_t possible = std::max<std::size_t>((left - kept) / 2, 1);
  team_.max_connections =
      wanted_connections_ > 0 ? std::min(wanted_connections_, possible) : possible;
}

template <typename Task>
void Forwarder::in_all_workers(Urgency urgency, const Task& task) const {
  std::latch done(static_cast<std::ptrdiff_t>(team_.workers.size()));
  std::atomic<bool> failed{false};
  for (const auto& worker : team_.workers) {
    const auto run = [&task, &done, &failed, &worker] {
      try {
        task(*worker);
      } catch (const std::bad_alloc&) {
        failed = true;
      }
      done.count_down();
    };
    for (bool posted = false; !posted;) {
      try {
        worker->post(run);
        posted = true;
      } catch (const std::bad_alloc&) {
        if (urgency == Urgency::must) {
          std::this_thread::sleep_for(limits::kTick);
          continue;
        }
        failed = posted = true;
        done.count_down();
      }
    }
  }
  done.wait();  // whatever happened: the tasks use what the caller has
  if (failed) throw std::bad_alloc();
}

void Forwarder::drop(const std::vector<Served>& gone, bool drain) {
  if (gone.empty()) return;
  freed_slots_.reserve(freed_slots_.size() + gone.size());
  in_all_workers(Urgency::must, [&](Worker& worker) {
    for (const Served& served : gone) worker.stop_listening(*served.listener);
  });
  if (drain) let_finish(gone);
  for (const auto& served : gone) {
    freed_slots_.push_back(served.listener->slot);
    served.listener->fd.reset();  // open connections go on and keep the rest of it, for its counts
    served_.erase(served.listener->address);
  }
  for (const auto& served : gone) {
    event_log::write("closed", {{"port", served.listener->address.text()}});
  }
}

void Forwarder::let_finish(const std::vector<Served>& gone) const {
  if (gone.empty()) return;
  const Millis now = now_ms();
  in_all_workers(Urgency::must, [&](Worker& worker) {
    try {
      for (const Served& served : gone) {
        worker.reset_later(
            [listener = served.listener, app = served.route->app,
             now](const Connection& connection) {
              // The port may come back to the app: who comes then has no deadline.
              return connection.listener == listener && connection.route->app == app &&
                     connection.accepted <= now;
            },
            now + served.route->mapping.options.drain_timeout.count());
      }
    } catch (const std::bad_alloc&) {
      // They finish when they like.
    }
  });
}

UniqueFd Forwarder::take_socket(const ListenAddress& address) {
  if (const auto found = adopted_.find(address); found != adopted_.end()) {
    UniqueFd socket = std::move(found->second);
    adopted_.erase(found);
    return socket;
  }
  return listen_on(address);
}

std::shared_ptr<Listener> Forwarder::open(const ListenAddress& address) {
  auto listener = std::make_shared<Listener>(address, take_socket(address), team_.workers.size());
  if (free_slots_.empty()) {
    listener->slot = slots_++;
  } else {
    listener->slot = free_slots_.back();
    free_slots_.pop_back();
  }
  return listener;
}

Forwarder::Served* Forwarder::serve_anew(const std::shared_ptr<const Route>& route,
                                         std::string& error) try {
  const ListenAddress& address = route->mapping.listen;
  try {
    auto listener = open(address);
    Served& served = served_[address];
    served = {std::move(listener), route, applied_, false};
    event_log::write("listening", {{"port", address.text()}, {"app", route->app}});
    return &served;
  } catch (const Error& reason) {
    error = reason.what();
    return nullptr;
  }
} catch (const std::bad_alloc&) {
  error = "Out of memory";  // short enough to need none
  return nullptr;
}

void Forwarder::mark_own(const std::vector<std::shared_ptr<const Route>>& routes) const {
  std::multimap<std::uint16_t, const ListenAddress*> by_port;
  for (const auto& [address, served] : served_) by_port.emplace(address.port, &address);
  std::optional<std::set<IpAddress>> host;  // asked for only when a port is the same
  for (const auto& route : routes) {
    for (const auto& backend : route->backends) {
      const auto [first, last] = by_port.equal_range(backend->port);
      backend->ours = std::any_of(first, last, [&](const auto& item) {
        const auto& listened = item.second->ip;
        if (listened && !listened->is_any()) return *listened == backend->ip;
        if (!host) host = host_addresses();
        return backend->ip.is_loopback() || host->contains(backend->ip);
      });
    }
  }
}

std::vector<PortState> Forwarder::apply(const std::vector<std::shared_ptr<const Route>>& routes) {
  // Nearly always nearly all is as it was: each address is looked up once.
  ++applied_;
  std::vector<Served*> known;
  known.reserve(routes.size());
  std::size_t kept = 0;
  for (const auto& route : routes) {
    const auto found = served_.find(route->mapping.listen);
    known.push_back(found == served_.end() ? nullptr : &found->second);
    if (known.back() == nullptr) continue;
    known.back()->wanted = applied_;
    ++kept;
  }
  // Gone ones first: a new address may overlap an old one.
  free_slots_.insert(free_slots_.end(), freed_slots_.begin(), freed_slots_.end());
  freed_slots_.clear();
  if (kept < served_.size()) {
    std::vector<Served> gone;
    for (const auto& [address, served] : served_) {
      if (served.wanted != applied_) gone.push_back(served);
    }
    drop(gone, true);
  }
  if (!adopted_.empty()) {
    std::set<ListenAddress> wanted;
    for (const auto& route : routes) wanted.insert(route->mapping.listen);
    std::erase_if(adopted_, [&](const auto& item) { return !wanted.contains(item.first); });
  }

  auto table = std::make_shared<RouteTable>();
  table->routes.reserve(slots_ + routes.size());
  std::vector<PortState> states;
  states.reserve(routes.size());
  std::vector<Served*> fresh;
  fresh.reserve(routes.size());
  std::vector<Served> passed_on;  // to another app
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto& route = routes[i];
    PortState state{route, nullptr, ""};
    Served* served = known[i] != nullptr ? known[i] : serve_anew(route, state.error);
    if (served != nullptr) {
      if (served->route->app != route->app) passed_on.push_back(*served);
      served->route = route;
      state.listener = served->listener;
      if (!served->accepting) fresh.push_back(served);
      table->routes.resize(std::max<std::size_t>(table->routes.size(), slots_));
      table->routes[state.listener->slot] = route;
    }
    states.push_back(std::move(state));
  }
  mark_own(routes);
  limit_connections();
  const std::shared_ptr<const RouteTable> finished = std::move(table);
  in_all_workers(Urgency::must, [&](Worker& worker) { worker.use_table(finished); });
  let_finish(passed_on);
  // Only now: a thread that accepts may hand over to one that must know the route already.
  if (fresh.empty()) return states;
  in_all_workers(Urgency::must, [&](Worker& worker) {
    for (const Served* served : fresh) worker.listen(*served->listener);
  });
  for (Served* served : fresh) served->accepting = true;
  return states;
}

void Forwarder::stop_app(const std::string& app) {
  const Millis now = now_ms();
  in_all_workers(Urgency::must, [&](Worker& worker) {
    worker.reset_if([&](const Connection& connection) {
      return connection.route->app == app && !owes_bytes(connection);
    });
    // What is left still owes bytes to its client. Each has the drain timeout of its mapping.
    std::map<std::shared_ptr<Listener>, Millis> slow;
    worker.visit([&](const Connection& connection) {
      if (connection.route->app == app) {
        slow[connection.listener] = connection.route->mapping.options.drain_timeout.count();
      }
      return true;
    });
    for (const auto& [listener, timeout] : slow) {
      worker.reset_later(
          [listener = listener, before = now](const Connection& candidate) {
            return candidate.listener == listener && candidate.accepted <= before;
          },
          now + timeout);
    }
  });
}

void Forwarder::stop_accepting(const std::vector<std::shared_ptr<const Route>>& routes) {
  std::vector<Served> all;
  for (const auto& [address, served] : served_) all.push_back(served);
  finishing_.insert(finishing_.end(), all.begin(), all.end());
  drop(all, false);
  in_all_workers(Urgency::must, [](Worker& worker) { worker.accepts_no_more(); });
  std::set<std::pair<ListenAddress, std::string>> wanted;
  for (const auto& route : routes) wanted.emplace(route->mapping.listen, route->app);
  std::vector<Served> gone;
  std::erase_if(finishing_, [&](const Served& served) {
    if (wanted.contains({served.route->mapping.listen, served.route->app})) return false;
    gone.push_back(served);
    return true;
  });
  let_finish(gone);
}

std::vector<ConnectionInfo> Forwarder::connections(const std::string& app,
                                                   std::size_t limit) const {
  std::mutex mutex;  // the workers run side by side
  std::vector<ConnectionInfo> found;
  const Millis now = now_ms();
  in_all_workers(Urgency::may_fail, [&](Worker& worker) {
    const std::lock_guard lock(mutex);
    worker.visit([&](const Connection& connection) {
      if (!app.empty() && connection.route->app != app) return true;
      if (found.size() >= limit) return false;
      ConnectionInfo info;
      info.listen = connection.listener->address.text();
      info.app = connection.route->app;
      info.client = connection.peer.ip.text_with_port(connection.peer.port);
      if (connection.target) {
        info.container = connection.target->name;
        info.container_id = connection.target->container_id;
      }
      info.state = connection.state == Connection::State::greeting     ? "greeting"
                   : worker.drains(connection)                         ? "draining"
                   : connection.state == Connection::State::connecting ? "connecting"
                                                                       : "streaming";
      info.age_ms = now - connection.accepted;
      found.push_back(std::move(info));
      return true;
    });
  });
  return found;
}

std::vector<Draining> Forwarder::draining() const {
  std::mutex mutex;  // the workers run side by side
  std::map<std::tuple<ListenAddress, std::string, std::string>, Draining> found;
  in_all_workers(Urgency::may_fail, [&](Worker& worker) {
    worker.visit([&](const Connection& connection) {
      if (!connection.target || !worker.drains(connection)) return true;
      const std::lock_guard lock(mutex);
      const Backend& backend = *connection.target;
      Draining& entry = found[{connection.listener->address, backend.name, backend.container_id}];
      entry.route = connection.route;
      entry.backend = connection.target;
      ++entry.open;
      return true;
    });
  });
  std::vector<Draining> list;
  list.reserve(found.size());
  for (auto& [key, entry] : found) list.push_back(std::move(entry));
  return list;
}

void Forwarder::adopt(const ListenAddress& address, UniqueFd socket) {
  adopted_[address] = std::move(socket);
}

void Forwarder::lend_sockets(const std::function<void(const Sockets&)>& start) const {
  Sockets sockets;
  for (const auto& [address, served] : served_) {
    sockets.emplace_back(address, served.listener->fd.get());
  }
  in_all_workers(Urgency::must, [](Worker& worker) { worker.descriptors_copied(true); });
  start(sockets);
  in_all_workers(Urgency::must, [](Worker& worker) { worker.descriptors_copied(false); });
}

bool Forwarder::listens_on(const ListenAddress& address) const {
  return std::any_of(served_.begin(), served_.end(),
                     [&](const auto& item) { return item.first.overlaps(address); });
}

}  // namespace netports
