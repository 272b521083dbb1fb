// dokku-ports: owns the public TCP ports of Dokku apps and streams them to the live containers.
// Wiring only: options, signals, and the order in which the parts start and stop.
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "dokku/environment.h"
#include "forwarder/control_server.h"
#include "forwarder/engine_watch.h"
#include "forwarder/event_log.h"
#include "forwarder/generations.h"
#include "forwarder/limits.h"
#include "forwarder/manager.h"
#include "forwarder/metrics_server.h"
#include "forwarder/notify.h"
#include "forwarder/options.h"
#include "forwarder/upgrade.h"
#include "ports/control.h"

using namespace netports;

namespace {

UniqueFd block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGUSR2, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  // Blocked before any thread exists, so that all inherit it and none dies of an early SIGHUP.
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return UniqueFd(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

unsigned usable_cores() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&cores), 1));
}

/// Raises the descriptor limit as far as it goes, and tells it.
std::size_t raise_descriptor_limit() {
  constexpr rlim_t kMost = 8'000'000;  // "unlimited" is none
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::min(limit.rlim_cur, kMost);
}

Manager::Settings settings_from(const Options& options) {
  Manager::Settings settings;
  settings.dokku_root = options.dokku_root;
  settings.properties = options.properties;
  settings.engine = options.docker_host.empty() ? EngineEndpoint::of(Environment::from_process())
                                                : EngineEndpoint::parse(options.docker_host);
  settings.threads = options.threads > 0 ? options.threads : usable_cores();
  settings.descriptors = raise_descriptor_limit();
  settings.max_connections = options.max_connections;
  settings.inherits = options.inherit_fd >= 0;
  return settings;
}

void report_ready(const Options& options, const ReloadResult& result) {
  event_log::write("ready", {{"version", NETPORTS_VERSION}, {"engine", result.error}});
  notify_service_manager("READY=1");
  try {
    if (!options.pid_file.empty()) {
      write_file(options.pid_file, fmt::format("{}\n", ::getpid()), 0644);
    }
  } catch (const Error& error) {
    event_log::write("pid-file-failed", {{"reason", error.what()}});
  }
  if (options.ready_fd < 0) return;
  const UniqueFd fd(options.ready_fd);
  constexpr std::string_view kLine = "ready\n";
  [[maybe_unused]] const ssize_t n = ::write(fd.get(), kLine.data(), kLine.size());
}

/// The path of this program, for the daemon that follows. Known at start only: later the file may
/// have been replaced.
std::string own_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

/// The main thread: signals and the control socket, until it is time to end.
class Daemon {
 public:
  Daemon(const Options& options, std::vector<std::string> arguments, UniqueFd signals,
         Inheritance inheritance)
      : options_(options),
        arguments_(std::move(arguments)),
        signals_(std::move(signals)),
        older_(std::move(inheritance.older)),
        manager_(settings_from(options), [this] { older_.reload(); }),
        control_(options.control, std::move(inheritance.control), manager_, older_) {
    manager_.adopt(std::move(inheritance.listeners), std::move(inheritance.in_use));
  }

  void run() {
    manager_.start([this](const ReloadResult& result) { first_look_done(result); });
    watch_ = std::make_unique<EngineWatch>(manager_.engine(),
                                           [this](const std::string& app, const std::string& id) {
                                             manager_.container_changed(app, id);
                                           });
    while (!finished()) {
      try {
        take_turn();
      } catch (const std::bad_alloc&) {
        std::this_thread::sleep_for(limits::kTick);  // the data path needs none of this
      }
    }
    if (gave_up_ && !stopping_) {
      throw Error("Unable to take over: The Docker Engine does not answer");
    }
    event_log::write("stopped", {{"cut", manager_.forwarder().open_connections()}});
  }

 private:
  void take_turn() {
    std::vector<pollfd> polled{{signals_.get(), POLLIN, 0}};
    // Until it is ready, an heir leaves the control socket to the daemon that serves.
    const bool answers = options_.inherit_fd < 0 || ready_;
    if (answers) control_.add_descriptors(polled);
    if (upgrade_) polled.push_back({upgrade_->ready_descriptor(), POLLIN, 0});
    ::poll(polled.data(), polled.size(), static_cast<int>(limits::kTick.count()));
    take_signals();
    if (answers) control_.serve();
    follow_upgrade();
    close_listeners();
    serve_metrics();
  }

  /// Once that is wanted; again when memory was out.
  void close_listeners() {
    if (!must_close_ || close_asked_) return;
    manager_.stop_accepting([this](const ReloadResult&) {
      closed_ = true;
      if (heir_ > 0) pass_on_requests();
    });
    close_asked_ = true;
  }

  /// What was asked of this daemon while both were there is not lost: the other one is asked, now
  /// that all ports are free. In the manager's thread.
  void pass_on_requests() {
    const ForwarderControl heir(options_.control);
    for (const auto& app : manager_.asked_since_lent()) {
      try {
        heir.reload(app);
      } catch (const Error& error) {
        event_log::write("pass-on-failed", {{"app", app}, {"reason", error.what()}});
      }
      if (app.empty()) return;  // that was for all
    }
  }

  /// In the manager's thread.
  void first_look_done(const ReloadResult& result) {
    // An heir that knows no container would take over only to refuse every client.
    if (options_.inherit_fd >= 0 && (!result.error.empty() || stopping_)) {
      gave_up_ = true;
    } else {
      report_ready(options_, result);
      ready_ = true;
      older_.bound();
    }
  }

  /// Again and again until it works: on an upgrade the daemon before still has the port.
  void serve_metrics() {
    if (options_.metrics_port < 0 || metrics_ || handed_over_ || now_ms() < next_metrics_try_)
      return;
    next_metrics_try_ = now_ms() + limits::kRetry.count();
    try {
      metrics_ = std::make_unique<MetricsServer>(static_cast<std::uint16_t>(options_.metrics_port),
                                                 manager_, older_);
      event_log::write("metrics", {{"port", metrics_->port()}});
    } catch (const Error& error) {
      if (!metrics_failed_) event_log::write("metrics-waiting", {{"reason", error.what()}});
      metrics_failed_ = true;
    }
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGHUP) {
        event_log::write("reload");
        manager_.reload_all({});
      } else if (info.ssi_signo == SIGUSR2) {
        start_upgrade();
      } else {
        stop(info.ssi_pid <= 1);
      }
    }
  }

  /// `by_init`: it is the service manager who asks. That one asks every daemon of the service, and
  /// the newest asks the older ones too: for these both together are once.
  void stop(bool by_init) {
    const unsigned who = by_init ? 1 : 2;
    const bool first = stop_by_ == 0;
    const bool again = !first && (!handed_over_ || (asked_to_stop_ & who) != 0);
    asked_to_stop_ |= who;
    // A daemon that handed over answers for itself alone.
    if (!handed_over_) older_.end(again);
    if (again) {
      stop_by_ = 1;  // do not wait for open connections
      return;
    }
    if (!first) return;
    event_log::write("stopping", {{"open", manager_.forwarder().open_connections()}});
    // A service that is told to stop leaves no heir. One on its way ends with what started it.
    upgrade_.reset();
    starting_ = {};
    if (!handed_over_) notify_service_manager("STOPPING=1");
    stopping_ = true;
    stop_by_ = now_ms() + std::chrono::milliseconds(options_.drain_timeout).count();
    must_close_ = true;
  }

  void start_upgrade() {
    if (handed_over_ || stop_by_ != 0 || upgrade_ || starting_.valid()) return;
    // Not at once: the manager may have to wait for the Engine first.
    auto promise = std::make_shared<std::promise<std::unique_ptr<Upgrade>>>();
    starting_ = promise->get_future();
    manager_.lend_sockets(
        [this, promise, control = control_.socket()](const auto& sockets, const auto& in_use) {
          try {
            promise->set_value(
                std::make_unique<Upgrade>(arguments_, sockets, control, older_.pidfds(), in_use));
          } catch (...) {
            promise->set_exception(std::current_exception());
          }
        });
  }

  void take_started_upgrade() {
    if (!starting_.valid()) return;
    if (starting_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    try {
      upgrade_ = starting_.get();
      event_log::write("upgrade", {{"program", arguments_[0]}, {"pid", upgrade_->pid()}});
    } catch (const std::exception& error) {
      event_log::write("upgrade-failed", {{"reason", error.what()}});
    }
  }

  void follow_upgrade() {
    take_started_upgrade();
    if (!upgrade_) return;
    const auto state = upgrade_->look();
    if (state == Upgrade::State::starting) return;
    if (state == Upgrade::State::failed) {
      event_log::write("upgrade-failed", {{"reason", upgrade_->reason()}});
    } else {
      event_log::write("handed-over", {{"pid", upgrade_->pid()},
                                       {"open", manager_.forwarder().open_connections()}});
      notify_service_manager(fmt::format("MAINPID={}", upgrade_->pid()));
      handed_over_ = true;
      heir_ = upgrade_->pid();
      must_close_ = true;
      close_listeners();
      control_.hand_over();
      metrics_.reset();  // waits for an answer under way
    }
    upgrade_.reset();
  }

  [[nodiscard]] bool finished() const {
    if (gave_up_) return true;
    if (stop_by_ != 0 && now_ms() >= stop_by_) return true;
    // A service manager may kill what is left of the service when this one ends.
    if (stop_by_ != 0 && !handed_over_ && older_.any_runs()) return false;
    return closed_ && manager_.forwarder().open_connections() == 0;
  }

  const Options options_;
  const std::vector<std::string> arguments_;
  const UniqueFd signals_;
  Generations older_;
  Manager manager_;
  ControlServer control_;
  std::unique_ptr<EngineWatch> watch_;
  std::future<std::unique_ptr<Upgrade>> starting_;
  std::unique_ptr<Upgrade> upgrade_;
  std::unique_ptr<MetricsServer> metrics_;
  Millis next_metrics_try_ = 0;
  bool metrics_failed_ = false;
  Millis stop_by_ = 0;
  unsigned asked_to_stop_ = 0;  // by whom: bits of `stop`
  bool handed_over_ = false;
  std::atomic<pid_t> heir_{0};  // once it was handed over to
  bool must_close_ = false;     // the listeners
  bool close_asked_ = false;
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> gave_up_{false};
  std::atomic<bool> closed_{false};
};

int run(int argc, char** argv) {
  UniqueFd signals = block_signals();
  const Options options = parse_options(argc, argv);
  if (options.show_help) {
    std::fputs(options_help().c_str(), stdout);
    return 0;
  }
  if (options.show_version) {
    std::puts("dokku-ports " NETPORTS_VERSION);
    return 0;
  }
  if (options.debug) event_log::enable_debug();
  std::vector<std::string> arguments = lasting_arguments(argc, argv);
  arguments.insert(arguments.begin(), own_path());
  Inheritance inheritance;
  if (options.inherit_fd >= 0) inheritance = read_inheritance(options.inherit_fd);
  Daemon(options, std::move(arguments), std::move(signals), std::move(inheritance)).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.status();
  } catch (const std::exception& error) {
    event_log::write("failed", {{"reason", error.what()}});
    return 1;
  }
}
