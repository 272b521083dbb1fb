// The part of the Docker Engine that the daemon asks: list, inspect and the event stream, over a
// unix socket, with every way to misbehave. Plain text over a socket, as the ways lie below HTTP.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server.h"

namespace netports::test {

class FakeEngine {
 public:
  explicit FakeEngine(std::string path);
  ~FakeEngine() { go_away(); }

  /// The socket goes, open answers and streams are cut.
  void go_away();
  void come_back();

  /// The container runs at `address` on network `bridge`, or is in another `state` there
  /// ("paused").
  void run(const std::string& id, const std::string& address, const std::string& state = "running");
  /// As `run`, in the words of the Engine: what list and inspect say in this container's place.
  void run_as(const std::string& id, const std::string& list_entry, const std::string& inspect);
  /// It is no longer there.
  void remove(const std::string& id);

  /// Tells all who follow: `action` ("start", "die") happened to a container of `app`.
  void event(const std::string& action, const std::string& id, const std::string& app);
  /// Any line into the event stream.
  void event_line(const std::string& line);
  /// Ends all event streams; the Engine itself stays.
  void cut_events();
  /// How many follow the events now.
  [[nodiscard]] std::size_t followers() const;

  /// Requests are read and not answered until `hang(false)`, then by what there was when they came.
  /// Event streams excepted.
  void hang(bool on);
  /// Every request but the event stream gets `beginning` and from then on a byte now and then,
  /// until this is called with nothing.
  void trickle(std::optional<std::string> beginning);
  /// The same for event streams that begin from now on.
  void trickle_events(std::optional<std::string> beginning);
  /// Every request but the event stream gets these bytes as its whole answer. Nothing: as usual.
  void answer_with(std::optional<std::string> raw);
  /// List requests get this body (inspect is refused with 500).
  void answer_json(const std::string& body);
  /// Requests so far, event streams excepted.
  [[nodiscard]] std::size_t requests() const;

 private:
  struct Known {
    std::string list_entry;
    std::string inspect;
  };

  void serve(Peer& peer);
  void serve_events(Peer& peer);
  /// As long as `beginning` is what it was. `lock` holds the mutex.
  void send_slowly(Peer& peer, std::unique_lock<std::mutex>& lock,
                   const std::optional<std::string>& beginning);
  [[nodiscard]] std::string answer_to(const std::string& path) const;

  const std::string path_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Known> containers_;
  std::vector<std::string> events_;
  std::optional<std::string> raw_;
  std::optional<std::string> trickle_;
  std::optional<std::string> trickle_events_;
  std::size_t streams_ = 0;
  std::size_t requests_ = 0;
  unsigned cuts_ = 0;
  bool hanging_ = false;
  bool away_ = true;
  std::unique_ptr<Server> server_;
};

}  // namespace netports::test
