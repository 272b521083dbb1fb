#include "forwarder/forwarder.h"

#include <algorithm>
#include <latch>
#include <set>

#include "base/error.h"
#include "forwarder/event_log.h"
#include "forwarder/socket.h"

namespace netports {

Forwarder::Forwarder(unsigned threads, std::size_t max_connections,
                     std::function<void(const std::string& app)> on_unreachable) {
  team_.max_connections = max_connections;
  team_.on_unreachable = std::move(on_unreachable);
  for (unsigned i = 0; i < threads; ++i) {
    team_.workers.push_back(std::make_unique<Worker>(team_, i));
  }
  for (const auto& worker : team_.workers) worker->start();
}

Forwarder::~Forwarder() {
  for (const auto& worker : team_.workers) worker->stop();
}

void Forwarder::in_all_workers(const std::function<void(Worker&)>& task) {
  std::latch done(static_cast<std::ptrdiff_t>(team_.workers.size()));
  for (const auto& worker : team_.workers) {
    worker->post([&task, &done, &worker] {
      task(*worker);
      done.count_down();
    });
  }
  done.wait();
}

std::vector<PortState> Forwarder::apply(const std::vector<std::shared_ptr<const Route>>& routes) {
  std::set<ListenAddress> wanted;
  for (const auto& route : routes) wanted.insert(route->mapping.listen);

  // Gone ones first: a new address may overlap an old one.
  std::vector<std::shared_ptr<Listener>> gone;
  std::erase_if(listeners_, [&](const auto& item) {
    if (wanted.contains(item.first)) return false;
    gone.push_back(item.second);
    return true;
  });
  if (!gone.empty()) {
    in_all_workers([&](Worker& worker) {
      for (const auto& listener : gone) worker.stop_listening(listener);
    });
    for (const auto& listener : gone) {
      event_log::write("closed", {{"port", listener->address.text()}});
    }
    gone.clear();
  }

  auto table = std::make_shared<RouteTable>();
  table->routes.reserve(routes.size());
  std::vector<PortState> states;
  states.reserve(routes.size());
  std::vector<std::shared_ptr<Listener>> fresh;
  for (const auto& route : routes) {
    PortState state{route, nullptr, ""};
    const ListenAddress& address = route->mapping.listen;
    if (const auto found = listeners_.find(address); found != listeners_.end()) {
      state.listener = found->second;
    } else {
      try {
        state.listener =
            std::make_shared<Listener>(address, listen_on(address), team_.workers.size());
        listeners_[address] = state.listener;
        fresh.push_back(state.listener);
        event_log::write("listening", {{"port", address.text()}, {"app", route->app}});
      } catch (const Error& error) {
        state.error = error.what();
      }
    }
    if (state.listener) table->routes[state.listener.get()] = route;
    states.push_back(std::move(state));
  }
  const std::shared_ptr<const RouteTable> finished = std::move(table);
  in_all_workers([&](Worker& worker) {
    worker.use_table(finished);
    for (const auto& listener : fresh) worker.listen(listener);
  });
  return states;
}

void Forwarder::reset_if(const std::function<bool(const Connection&)>& matches) {
  in_all_workers([&](Worker& worker) { worker.reset_if(matches); });
}

void Forwarder::stop_accepting() { apply({}); }

bool Forwarder::listens_on(const ListenAddress& address) const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [&](const auto& item) { return item.first.overlaps(address); });
}

}  // namespace netports
