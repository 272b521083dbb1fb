// Where connections go: listeners, the backends behind them, and the table that joins the two.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/unique_fd.h"
#include "forwarder/rate_limiter.h"
#include "ports/mapping.h"

namespace netports {

/// Milliseconds of the monotonic clock; what the data path calls "now".
using Millis = std::int64_t;
Millis now_ms();

/// One address a container answers on. Shared by all tables that name it, so its marks and counts
/// survive a reload.
struct Backend {
  std::string container_id;  // 64 hex digits
  std::string name;          // "web.1"
  IpAddress ip;
  std::uint16_t port = 0;

  std::atomic<std::uint32_t> open{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<bool> down{false};    // it refused, or did not answer, when last dialled
  std::atomic<bool> probed{false};  // a Prober dials it until it answers
  std::atomic<bool> ours{false};    // a listener of this daemon is there: never dialled

  [[nodiscard]] bool same_place(const Backend& other) const {
    return container_id == other.container_id && name == other.name && ip == other.ip &&
           port == other.port;
  }
  [[nodiscard]] std::string address() const { return ip.text_with_port(port); }
};

using Backends = std::vector<std::shared_ptr<Backend>>;

/// Where one mapping leads. Immutable but for the turn counter and the backends' own marks.
struct Route {
  std::string app;
  PortMapping mapping;
  Backends backends;
  mutable std::atomic<std::uint32_t> turn{0};

  /// The backend for a connection of `client`, by the mapping's `balance`: among those that are up,
  /// else among those that are down. Never one of `tried` nor one that is `ours`; null when that is
  /// all.
  [[nodiscard]] std::shared_ptr<Backend> pick(const Backends& tried, const IpAddress& client) const;
};

/// Upper bounds of the connect time histogram, in milliseconds; one more bucket is above them all.
inline constexpr std::array<Millis, 10> kConnectTimeBounds{1,  2,   5,   10,    25,
                                                           50, 100, 500, 1'000, 5'000};

/// Counts of one listener in one thread. Only that thread writes, anybody reads.
struct alignas(64) ListenerCounts {
  std::atomic<std::uint64_t> accepted{0};
  // Refused, before a backend was tried:
  std::atomic<std::uint64_t> no_backend{0};
  std::atomic<std::uint64_t> denied{0};        // allow, deny
  std::atomic<std::uint64_t> over_limit{0};    // max-connections with overflow=reset
  std::atomic<std::uint64_t> over_rate{0};     // max-rate
  std::atomic<std::uint64_t> bad_greeting{0};  // no PROXY header from a front that owes one
  // Failed later:
  std::atomic<std::uint64_t> unreachable{0};  // every backend tried in vain
  std::atomic<std::uint64_t> shortage{0};     // descriptors, memory or local ports
  std::atomic<std::uint64_t> reset{0};        // by the client or the backend
  std::atomic<std::uint64_t> idle{0};         // idle-timeout
  std::atomic<std::uint64_t> drained{0};      // cut at the end of a drain
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
  std::atomic<std::int64_t> open{0};
  std::array<std::atomic<std::uint64_t>, kConnectTimeBounds.size() + 1> connect_times{};
  std::atomic<std::uint64_t> connect_ms{0};  // their sum
};

/// Adds without a locked instruction: the caller is the only writer.
template <typename T>
void add_own(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

/// Counts one more unless that makes more than `most`. Nothing else sees one that was one too many.
template <typename T>
bool add_up_to(std::atomic<T>& count, T most) {
  T now = count.load(std::memory_order_relaxed);
  while (now < most) {
    if (count.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

/// One bound public address. All threads accept from the same socket.
struct Listener : std::enable_shared_from_this<Listener> {
  Listener(const ListenAddress& listen_address, UniqueFd socket, std::size_t threads)
      : address(listen_address), fd(std::move(socket)), counts(threads) {}
  ListenAddress address;
  UniqueFd fd;
  std::uint32_t slot = 0;                  // in the table
  std::vector<ListenerCounts> counts;      // one per thread
  std::atomic<std::uint32_t> reserved{0};  // open or being accepted, for overflow=queue
  std::atomic<std::uint32_t> admitted{0};  // let in, for overflow=reset
  RateLimiter rate;
};

/// All routes at one moment. Swapped whole; a thread sees the old or the new one.
struct RouteTable {
  std::vector<std::shared_ptr<const Route>> routes;  // by the listener's slot

  [[nodiscard]] std::shared_ptr<const Route> find(const Listener* listener) const {
    return listener->slot < routes.size() ? routes[listener->slot] : nullptr;
  }
};

}  // namespace netports
