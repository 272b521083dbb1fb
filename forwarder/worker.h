// One thread of the data path: an epoll loop that accepts, dials and pumps.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "forwarder/connection.h"
#include "forwarder/prober.h"
#include "forwarder/pump.h"
#include "forwarder/route.h"
#include "forwarder/yielder.h"

namespace netports {

class Worker;

/// What the threads of the data path have in common.
struct WorkerTeam {
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<std::size_t> max_connections{0};   // of all threads together
  std::atomic<std::size_t> open_connections{0};  // likewise
  /// Called when no backend of an app could be reached. From any worker thread; must not block.
  std::function<void(const std::string& app)> on_unreachable;
};

class Worker {
 public:
  /// Errors: Error when the kernel gives no epoll instance.
  Worker(WorkerTeam& team, unsigned index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// Ends the loop after the current batch, resets what is open, and joins the thread.
  void stop();

  /// Runs `task` in the worker's thread between two batches. Any thread.
  void post(std::function<void()> task);

  // The rest is for tasks, in the worker's own thread.
  /// Whoever is still being connected to a container that its port no longer leads to is connected
  /// anew: the address may be another app's by the time the container's kernel answers.
  void use_table(std::shared_ptr<const RouteTable> table);
  /// `listener` must live until `stop_listening` for it has returned.
  void listen(Listener& listener);
  void stop_listening(Listener& listener);
  using Matches = std::function<bool(const Connection&)>;
  /// Whether a process that is being started has copies of our descriptors. A socket that is closed
  /// meanwhile stays in epoll unless it is taken out of it.
  void descriptors_copied(bool copied) { descriptors_copied_ = copied; }
  /// Resets every connection for which `matches` says so, now or at `deadline`.
  void reset_if(const Matches& matches);
  void reset_later(Matches matches, Millis deadline);
  /// Calls `visit` for every connection, oldest first, until it gives false.
  void visit(const std::function<bool(const Connection&)>& visit) const;
  /// From now on every connection only finishes, and no backend is probed: whose its address is
  /// will not be known.
  void accepts_no_more();
  /// Whether new clients of its port no longer get to its container: it only finishes.
  [[nodiscard]] bool drains(const Connection& connection) const;
  [[nodiscard]] std::size_t connections() const { return open_.load(std::memory_order_relaxed); }

 private:
  enum class Tag : std::uintptr_t { client, backend, listener, wake };
  /// A client just accepted.
  struct Arrival {
    UniqueFd fd;
    PeerAddress peer;
    std::shared_ptr<Listener> listener;
  };

  void loop();
  void wake() const;
  void run_tasks();
  void free_closed();
  /// Runs `step` for `connection`, which it costs when memory runs out.
  template <typename Step>
  void guarded(Connection* connection, const Step& step);
  int wait_timeout() const;
  void on_tick();

  void accept_from(Listener* listener);
  void on_listener(Listener* listener);
  bool reserve(Listener& listener, const Route* route);
  /// Gives a place back that `reserve` took.
  void release(Listener& listener);
  /// Resets the next client of a listener that may have no more. False when there is none.
  bool turn_away(Listener& listener);
  void pause_accepting(Listener* listener);
  /// Whether it is accepted from now.
  bool resume_accepting(Listener& listener);
  Worker& worker_for_next();
  void open(Arrival arrival);
  void read_greeting(Connection* connection);
  void admit(Connection* connection);
  void dial(Connection* connection);
  /// Makes the connection follow the route that its listener has now. False when that is no longer
  /// for it.
  bool follow_route(Connection* connection) const;
  void dial_failed(Connection* connection, const std::string& reason);
  /// Not this backend for this connection.
  static void skip(Connection* connection);
  /// Likewise, and the backend is down.
  void pass_over(Connection* connection);
  void on_socket(Connection* connection, Tag side, std::uint32_t events);
  void drive(Connection* connection);
  /// Drives those that wait for their turn, as far as this loop's share of bulk reaches.
  void take_turns();
  void wait_for_turn(Connection* connection);
  /// Whether it may be driven in this loop: bulk only until enough of it has been moved.
  [[nodiscard]] bool has_turn(const Connection& connection) const;
  /// Whether `from` is gone, and all that it sent is with the kernel of `to`. `pump` leads from one
  /// to the other. A receiver that does not take the last bytes has the drain timeout for it.
  bool is_over(Connection* connection, Endpoint& from, const Endpoint& to, const Pump& pump,
               Pump::Result result);
  void established(Connection* connection);
  void ask_events(Connection* connection);
  bool register_events(Connection* connection, Endpoint& endpoint, Tag side, std::uint32_t wanted);
  void end_overdue();
  void keep_lasting_alive();
  void reset(Connection* connection, std::atomic<std::uint64_t>& reason);
  void close(Endpoint& endpoint);
  void close(Connection* connection);
  ListenerCounts& counts(const Connection* connection) {
    return connection->listener->counts[index_];
  }

  WorkerTeam& team_;
  const unsigned index_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::thread thread_;
  PumpTools tools_;
  std::shared_ptr<const RouteTable> table_;
  std::vector<Listener*> paused_;
  ConnectionList waiting_;  // greeting or connecting
  ConnectionList streaming_;
  Connection* young_ = nullptr;     // the first in streaming_ without keepalive to its backend
  std::vector<Connection*> dying_;  // one side is gone, the other does not take its last bytes
  std::deque<Connection*> ready_;   // have something to move, wait for their turn
  Prober prober_;
  ConnectionList closed_;  // freed after the batch: its events may name them still
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> asleep_{false};  // waits for events
  std::size_t idle_watched_ = 0;     // open connections with an idle timeout
  struct Drain {
    Matches matches;
    Millis deadline;
  };
  std::vector<Drain> drains_;
  Millis now_ = 0;
  Millis next_tick_ = 0;
  Millis next_pause_report_ = 0;
  Yielder yielder_;
  std::uint64_t bulk_moved_ = 0;  // bytes, in this loop
  bool descriptors_copied_ = false;
  bool accepting_ = true;

  std::mutex tasks_mutex_;
  std::vector<std::function<void()>> tasks_;
  std::atomic<bool> stopping_{false};
};

}  // namespace netports
