#include "forwarder/prober.h"

#include <poll.h>

#include <algorithm>
#include <new>

#include "forwarder/event_log.h"
#include "forwarder/limits.h"
#include "forwarder/socket.h"

namespace netports {

namespace {

bool leads_to(const RouteTable& table, const Listener& listener, const Backend& backend) {
  const auto route = table.find(&listener);
  if (!route || route->mapping.listen != listener.address) return false;
  return std::any_of(route->backends.begin(), route->backends.end(),
                     [&](const auto& known) { return known.get() == &backend; });
}

void report_back(const Backend& backend) {
  try {
    event_log::write("backend-back", {{"container", backend.name}, {"address", backend.address()}});
  } catch (const std::bad_alloc&) {
    return;  // it is back without a word, then
  }
}

}  // namespace

void Prober::add(const std::shared_ptr<Backend>& backend, const std::shared_ptr<Listener>& listener,
                 Millis now) {
  const Millis pause = limits::kBackendPauseFirst.count();
  probes_.reserve(probes_.size() + 1);
  // Marked first: a thread that ends its probe right now then sees that it has to go on.
  backend->down = true;
  if (!backend->probed.exchange(true)) {
    probes_.push_back({backend, listener, UniqueFd(), now + pause, pause});
  }
}

void Prober::tick(const RouteTable& table, Millis now) {
  std::erase_if(probes_, [&](Probe& probe) { return !move_on(probe, table, now); });
}

bool Prober::move_on(Probe& probe, const RouteTable& table, Millis now) {
  Backend& backend = *probe.backend;
  if (!leads_to(table, *probe.listener, backend)) {
    // Another mapping may lead there still: its next client finds out anew.
    backend.probed = false;
    backend.down = false;
    return false;
  }
  if (probe.fd) {
    pollfd polled{probe.fd.get(), POLLOUT, 0};
    if (::poll(&polled, 1, 0) == 1) {
      if (socket_error(probe.fd.get()) == 0) backend.down = false;
    } else if (now < probe.next) {
      return true;
    }
    probe.fd.reset();
    probe.pause = std::min<Millis>(probe.pause * 2, limits::kBackendPauseLongest.count());
    probe.next = now + probe.pause;
  }
  if (!backend.down) {  // or a client got through
    backend.probed = false;
    report_back(backend);
    // One that failed again this very moment relied on this probe.
    return backend.down && !backend.probed.exchange(true);
  }
  if (now >= probe.next && backend.ours) {
    probe.next = now + probe.pause;
  } else if (now >= probe.next) {
    probe.fd = start_connect(backend.ip, backend.port);
    probe.next = now + (probe.fd ? limits::kProbeTimeout.count() : probe.pause);
  }
  return true;
}

}  // namespace netports
