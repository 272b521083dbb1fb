// Keeps the forwarder's routes true: the thread that reads mappings and container files, asks the
// Engine, and applies the result.
//
// Two ways to look at an app. A *full* look takes what the files say now: after a deploy, on
// SIGHUP, at start, when a used container ended or refused. A *gentle* look (Engine events, the
// periodic resync) refreshes addresses but stays with the containers in use as long as they all
// run: in the middle of a deploy the files already name containers of a release that is not live
// yet.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "forwarder/forwarder.h"
#include "forwarder/resolver.h"
#include "forwarder/upgrade.h"

namespace netports {

/// What a reload led to.
struct ReloadResult {
  std::string error;                  // empty when the routes are what the disk says
  std::vector<std::string> warnings;  // ports that are not served, one line each
};

/// What is served at one moment, for status and metrics.
struct ServiceStatus {
  std::vector<PortState> ports;
  std::vector<Problem> problems;
  std::string engine_error;  // why the Engine could not be asked last time; empty when it could
  std::uint64_t reloads = 0;
};

class Manager {
 public:
  struct Settings {
    std::string dokku_root;
    std::string properties;
    EngineEndpoint engine;
    unsigned threads = 1;
    std::size_t descriptors = 256;    // that the process may have
    std::size_t max_connections = 0;  // 0: as many as there are descriptors for
    bool inherits = false;            // from a daemon that goes on if this one gives up
  };
  using Done = std::function<void(const ReloadResult&)>;

  /// `on_ports_gone`: called in the manager's thread when an address is no longer its app's.
  Manager(Settings settings, std::function<void()> on_ports_gone);
  ~Manager();

  /// Sockets of the daemon before this one, and the containers it uses: in the middle of a deploy
  /// the files name others already. Before `start`.
  void adopt(std::vector<std::pair<ListenAddress, UniqueFd>> sockets, ContainersInUse in_use);

  /// Starts the thread with a full look at everything; `done` is called after it. One that inherits
  /// accepts nobody if the Engine cannot be asked then, and never does.
  void start(Done done);

  // Any thread, none waits. `done` is called in the manager's thread once the change is live.
  void reload_all(Done done);
  void reload_app(const std::string& app, Done done);
  /// Reloads the app and resets its open connections: its containers were stopped on purpose.
  void stop_app(const std::string& app, Done done);
  /// Which of `addresses` another program holds: one line "<address> <reason>" each.
  void probe(std::vector<ListenAddress> addresses, Done done);
  /// A container of ours, or of that app, changed; both may be empty for "something did".
  void container_changed(const std::string& app, const std::string& container_id);
  using StartHeir = std::function<void(const Forwarder::Sockets&, const ContainersInUse&)>;
  /// Calls `start` as Forwarder::lend_sockets does, in the manager's thread, who alone opens and
  /// closes listeners.
  void lend_sockets(StartHeir start);
  /// The apps, "" for all, that a reload was asked for since then. In the manager's thread.
  [[nodiscard]] const std::set<std::string>& asked_since_lent() const { return asked_; }
  /// Stops following changes and closes all listeners; open connections go on.
  void stop_accepting(Done done);

  [[nodiscard]] std::shared_ptr<const ServiceStatus> status() const;
  [[nodiscard]] const Forwarder& forwarder() const { return forwarder_; }
  [[nodiscard]] const EngineEndpoint& engine() const { return settings_.engine; }

 private:
  struct Requests {
    bool all_full = false;
    bool all_gentle = false;
    bool stop_accepting = false;
    std::set<std::string> full;
    std::set<std::string> gentle;
    std::set<std::string> reset;
    std::set<std::string> containers;
    std::vector<std::pair<std::vector<ListenAddress>, Done>> probes;
    std::vector<StartHeir> heirs;
    std::vector<std::pair<std::string, Done>> done;  // app, or "" for all

    [[nodiscard]] bool empty() const;
  };

  /// No backend of `app` could be reached. Any thread.
  void unreachable(const std::string& app);
  void loop();
  void request(const std::function<void(Requests&)>& change);
  void serve(Requests& requests);
  /// False when that has to be tried again. Without memory all but a stop is refused.
  bool serve_with_memory(Requests& requests);
  static void refuse(Requests& requests, const std::string& reason);
  ReloadResult result_for(const std::string& app) const;
  void look(Requests& requests);
  void look_at_everything(bool full);
  /// The container files of an app; where they cannot be read there are none, and `fault` says why.
  struct AppFiles {
    std::vector<ContainerFile> containers;
    std::string fault;
  };
  using FilesByApp = std::map<std::string, AppFiles>;
  /// To be called before the Engine is asked: what a file names by then has started.
  FilesByApp read_files(const std::set<std::string>& apps) const;
  RunningContainers inspect(const FilesByApp& files);
  void look_at(const std::string& app, bool full, AppFiles files, const RunningContainers& running);
  [[nodiscard]] bool forward_published(const std::string& app) const;
  void apply();
  void answer_probe(const std::vector<ListenAddress>& addresses, const Done& done) const;

  const Settings settings_;
  const std::function<void()> on_ports_gone_;
  const PortStore store_;
  const Engine engine_;

  // The manager's thread only.
  std::map<std::string, AppRoutes> apps_;
  std::map<ListenAddress, std::string> owners_;
  bool accepting_ = true;
  bool gave_up_ = false;
  ContainersInUse inherited_;    // until the first look
  std::set<std::string> asked_;  // since the sockets were lent
  bool engine_failed_ = false;
  std::set<std::string> waiting_;  // errors of the ports that cannot be listened on yet
  std::string engine_error_;
  std::uint64_t reloads_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Requests requests_;
  std::map<std::string, Millis> next_unreachable_look_;  // by app
  bool stopping_ = false;
  std::shared_ptr<const ServiceStatus> status_;

  Forwarder forwarder_;  // its threads make requests until it is gone, so it goes before them
  std::thread thread_;
};

}  // namespace netports
