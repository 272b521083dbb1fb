#include "forwarder/manager.h"

#include <algorithm>
#include <new>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/properties.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"
#include "forwarder/socket.h"

namespace netports {

namespace {

using Clock = std::chrono::steady_clock;

/// Above so many containers one list is cheaper than asking for each.
constexpr std::size_t kInspectOneByOne = 8;

/// Short enough for a string that allocates nothing.
constexpr const char* kOutOfMemory = "Out of memory";

/// The container files of an app; of one that is just being written, what it named `before`.
/// Errors: Error when the directory is somebody else's, or the descriptors ran out.
std::vector<ContainerFile> files_in(const std::string& directory,
                                    const std::vector<ContainerFile>& before) {
  auto files = container_files(directory, EmptyFiles::kept);
  for (auto& file : files) {
    if (!file.id.empty()) continue;
    for (const auto& old : before) {
      if (old.process == file.process && old.number == file.number) file.id = old.id;
    }
  }
  std::erase_if(files, [](const ContainerFile& file) { return file.id.empty(); });
  return files;
}

/// Adds `container` if it can answer a client. The Engine lists paused and restarting ones as well,
/// whose kernel accepts connections that nobody serves.
void add_running(RunningContainers& running, Container container) {
  if (!container.running()) return;
  std::string id = container.id;
  running.emplace(std::move(id), std::move(container));
}

RunningContainers all_running(const Engine& engine) {
  RunningContainers running;
  for (auto& container : running_containers(engine)) add_running(running, std::move(container));
  return running;
}

bool run_all(const std::vector<ContainerFile>& containers, const RunningContainers& running) {
  return !containers.empty() &&
         std::all_of(containers.begin(), containers.end(),
                     [&](const ContainerFile& file) { return running.contains(file.id); });
}

}  // namespace

bool Manager::Requests::empty() const {
  return !all_full && !all_gentle && !stop_accepting && full.empty() && gentle.empty() &&
         reset.empty() && containers.empty() && probes.empty() && heirs.empty() && done.empty();
}

Manager::Manager(Settings settings, std::function<void()> on_ports_gone)
    : settings_(std::move(settings)),
      on_ports_gone_(std::move(on_ports_gone)),
      store_(settings_.dokku_root, settings_.properties),
      engine_(settings_.engine, limits::kEngineTimeout),
      status_(std::make_shared<ServiceStatus>()),
      forwarder_(settings_.threads, settings_.descriptors, settings_.max_connections,
                 [this](const std::string& app) { unreachable(app); }) {}

void Manager::unreachable(const std::string& app) {
  {
    // However many clients knock at a dead app: one look a second.
    const std::lock_guard lock(mutex_);
    Millis& next = next_unreachable_look_[app];
    const Millis now = now_ms();
    if (now < next) return;
    next = now + limits::kRetry.count();
  }
  request([&](Requests& requests) { requests.full.insert(app); });
}

Manager::~Manager() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Manager::request(const std::function<void(Requests&)>& change) {
  try {
    const std::lock_guard lock(mutex_);
    change(requests_);
  } catch (const std::bad_alloc&) {
    changed_.notify_one();  // part of it may be there
    throw;
  }
  changed_.notify_one();
}

void Manager::adopt(std::vector<std::pair<ListenAddress, UniqueFd>> sockets,
                    ContainersInUse in_use) {
  inherited_ = std::move(in_use);
  for (auto& [address, socket] : sockets) forwarder_.adopt(address, std::move(socket));
}

void Manager::lend_sockets(StartHeir start) {
  request([&](Requests& requests) { requests.heirs.push_back(std::move(start)); });
}

void Manager::start(Done done) {
  reload_all(std::move(done));
  thread_ = std::thread([this] { loop(); });
}

void Manager::reload_all(Done done) {
  request([&](Requests& requests) {
    requests.all_full = true;
    requests.done.emplace_back("", std::move(done));
  });
}

void Manager::reload_app(const std::string& app, Done done) {
  request([&](Requests& requests) {
    requests.full.insert(app);
    requests.done.emplace_back(app, std::move(done));
  });
}

void Manager::stop_app(const std::string& app, Done done) {
  request([&](Requests& requests) {
    requests.full.insert(app);
    requests.reset.insert(app);
    requests.done.emplace_back(app, std::move(done));
  });
}

void Manager::probe(std::vector<ListenAddress> addresses, Done done) {
  request([&](Requests& requests) {
    requests.probes.emplace_back(std::move(addresses), std::move(done));
  });
}

void Manager::container_changed(const std::string& app, const std::string& container_id) {
  request([&](Requests& requests) {
    if (!app.empty()) requests.gentle.insert(app);
    if (!container_id.empty()) requests.containers.insert(container_id);
    if (app.empty() && container_id.empty()) requests.all_gentle = true;
  });
}

void Manager::stop_accepting(Done done) {
  request([&](Requests& requests) {
    requests.done.emplace_back("", std::move(done));
    requests.stop_accepting = true;
  });
}

std::shared_ptr<const ServiceStatus> Manager::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Manager::loop() {
  auto next_resync = Clock::now() + limits::kResync;
  while (true) {
    Requests requests;
    {
      std::unique_lock lock(mutex_);
      const bool retry = engine_failed_ || !waiting_.empty();
      const auto wake = retry ? std::min(next_resync, Clock::now() + limits::kRetry) : next_resync;
      changed_.wait_until(lock, wake, [this] { return stopping_ || !requests_.empty(); });
      if (stopping_) return;
      std::swap(requests, requests_);
    }
    if (requests.empty()) {
      // Woken by the clock: a retry, or the periodic resync.
      if (engine_failed_ || Clock::now() >= next_resync) requests.all_gentle = true;
    }
    if (requests.all_full || requests.all_gentle) next_resync = Clock::now() + limits::kResync;
    while (!serve_with_memory(requests)) std::this_thread::sleep_for(limits::kTick);
  }
}

bool Manager::serve_with_memory(Requests& requests) {
  try {
    serve(requests);
    return true;
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    // Who stops must stop.
    if (requests.stop_accepting && !stopping_) return false;
  }
  event_log::write("look-failed", {{"reason", kOutOfMemory}});
  engine_failed_ = true;  // all is looked at again soon
  refuse(requests, kOutOfMemory);
  return true;
}

void Manager::serve(Requests& requests) {
  asked_.insert(requests.full.begin(), requests.full.end());
  if (requests.all_full) asked_.insert("");
  if (requests.stop_accepting) {
    accepting_ = false;
    apply();  // whatever the look takes
  }
  try {
    look(requests);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    // Whatever it was, what is known stays in use, and all is looked at again soon.
    if (!engine_failed_) event_log::write("look-failed", {{"reason", error.what()}});
    engine_failed_ = true;
    engine_error_ = error.what();
  }
  if (settings_.inherits && reloads_ == 0 && !engine_error_.empty()) gave_up_ = true;
  if (gave_up_) return refuse(requests, engine_error_);
  ++reloads_;
  inherited_.clear();
  apply();
  for (const auto& app : requests.reset) forwarder_.stop_app(app);
  for (auto& [addresses, done] : requests.probes) {
    if (done) answer_probe(addresses, std::exchange(done, nullptr));
  }
  for (auto& start : requests.heirs) {
    if (!start) continue;
    asked_.clear();
    ContainersInUse in_use;
    for (const auto& [name, app] : apps_) in_use[name] = app.containers;
    forwarder_.lend_sockets([start = std::exchange(start, nullptr), &in_use](const auto& sockets) {
      start(sockets, in_use);
    });
  }
  for (auto& [app, done] : requests.done) {
    if (!done) continue;
    const ReloadResult result = result_for(app);
    std::exchange(done, nullptr)(result);
  }
}

void Manager::refuse(Requests& requests, const std::string& reason) {
  const auto refuse_one = [&](const Done& done) {
    try {
      if (done) done({reason, {}});
    } catch (const std::bad_alloc&) {
      return;  // who asked has a deadline
    }
  };
  for (const auto& [app, done] : requests.done) refuse_one(done);
  for (const auto& [addresses, done] : requests.probes) refuse_one(done);
}

void Manager::look(Requests& requests) {
  if (requests.all_full || requests.all_gentle) look_at_everything(requests.all_full);
  for (const auto& [name, app] : apps_) {
    if (requests.containers.empty()) break;
    const bool touched = std::any_of(
        app.containers.begin(), app.containers.end(),
        [&](const ContainerFile& file) { return requests.containers.contains(file.id); });
    if (touched) requests.gentle.insert(name);
  }
  if (!requests.all_full) {
    std::set<std::string> names = requests.full;
    names.insert(requests.gentle.begin(), requests.gentle.end());
    if (!requests.all_gentle && std::any_of(names.begin(), names.end(), [&](const auto& name) {
          return apps_.contains(name) && !is_directory(settings_.dokku_root + "/" + name);
        })) {
      look_at_everything(false);  // gone, or renamed
    }
    FilesByApp files = read_files(names);
    const RunningContainers running = inspect(files);
    for (auto& [name, found] : files) {
      look_at(name, requests.full.contains(name), std::move(found), running);
    }
  }
}

Manager::FilesByApp Manager::read_files(const std::set<std::string>& apps) const {
  FilesByApp files;
  for (const auto& app : apps) {
    AppFiles& found = files[app];
    if (!is_app_name(app)) continue;
    const auto known = apps_.find(app);
    const auto before =
        known == apps_.end() ? std::vector<ContainerFile>{} : known->second.containers;
    try {
      found.containers = files_in(settings_.dokku_root + "/" + app, before);
    } catch (const Error& error) {
      found.fault = error.what();
    }
  }
  return files;
}

void Manager::look_at_everything(bool full) {
  std::set<std::string> names;
  for (auto& app : store_.apps()) names.insert(std::move(app));
  for (const auto& [name, app] : apps_) names.insert(name);
  FilesByApp files = read_files(names);
  RunningContainers running;
  try {
    running = all_running(engine_);
    if (engine_failed_) full = true;  // what happened meanwhile is unknown
    engine_failed_ = false;
    engine_error_.clear();
  } catch (const Error& error) {
    if (!engine_failed_) event_log::write("engine-failed", {{"reason", error.what()}});
    engine_failed_ = true;
    engine_error_ = error.what();
    if (!full || !apps_.empty()) return;  // what is known stays in use
  }
  bool any_gone = false;
  for (auto& [name, found] : files) {
    const bool known = apps_.contains(name);
    look_at(name, full, std::move(found), running);
    any_gone = any_gone || (known && !apps_.contains(name));
  }
  if (!any_gone) return;
  // It may have been renamed just now: its ports stay open by its new name.
  std::set<std::string> appeared;
  for (auto& app : store_.apps()) {
    if (!files.contains(app)) appeared.insert(std::move(app));
  }
  for (auto& [name, found] : read_files(appeared)) {
    look_at(name, full, std::move(found), running);
  }
}

RunningContainers Manager::inspect(const FilesByApp& files) {
  std::set<std::string> ids;
  for (const auto& [name, found] : files) {
    for (const auto& file : found.containers) ids.insert(file.id);
    const auto known = apps_.find(name);
    if (known == apps_.end()) continue;
    for (const auto& file : known->second.containers) ids.insert(file.id);
  }
  RunningContainers running;
  if (ids.empty()) return running;  // nothing to ask, so nothing learned of the Engine either
  try {
    if (ids.size() > kInspectOneByOne) {
      running = all_running(engine_);
    } else {
      for (const auto& id : ids) {
        try {
          Container container = inspect_container(engine_, id);
          if (container.id == id) add_running(running, std::move(container));
        } catch (const EngineError& error) {
          if (error.http_status() != 404) throw;
        }
      }
    }
    engine_error_.clear();
  } catch (const Error& error) {
    if (!engine_failed_) event_log::write("engine-failed", {{"reason", error.what()}});
    engine_failed_ = true;
    engine_error_ = error.what();
  }
  return running;
}

bool Manager::forward_published(const std::string& app) const {
  for (const std::string& scope : {app, std::string(kGlobal)}) {
    try {
      const auto value = read_file(settings_.properties + "/" + scope + "/forward-via");
      if (value && !value->empty()) return trim(*value) == "published";
    } catch (const Error&) {
      continue;  // unreadable counts as unset
    }
  }
  return false;
}

void Manager::look_at(const std::string& app, bool full, AppFiles files,
                      const RunningContainers& running) {
  const auto known = apps_.find(app);
  const AppRoutes* previous = known == apps_.end() ? nullptr : &known->second;
  const std::string directory = settings_.dokku_root + "/" + app;
  if (!is_app_name(app) || !is_directory(directory)) {
    if (previous != nullptr) apps_.erase(known);
    return;
  }
  // Without an Engine nothing is known of any container: stay with what there is.
  if (!engine_error_.empty() && previous != nullptr && !full) return;
  const bool stay =
      !full && previous != nullptr && !previous->containers.empty() && all_run(*previous, running);
  AppRoutes fresh;
  if (stay) {
    fresh =
        resolve_app(previous->ports, previous->published, previous->containers, running, previous);
  } else {
    if (!files.fault.empty()) {
      apps_[app].problems = {{app, files.fault}};  // what was served before stays
      return;
    }
    AppPorts ports = store_.active(app);
    if (ports.source == AppPorts::Source::none && ports.problem.empty()) {  // most apps
      if (previous != nullptr) apps_.erase(known);
      return;
    }
    // A file that was spoilt takes nothing away from those who are served.
    if (!ports.problem.empty() && previous != nullptr) ports.mappings = previous->ports.mappings;
    if (const auto live = inherited_.extract(app); live && run_all(live.mapped(), running)) {
      files.containers = live.mapped();
    }
    fresh = resolve_app(std::move(ports), forward_published(app), std::move(files.containers),
                        running, previous);
    // Without an Engine no container is known to run: its address stays what it was.
    if (!engine_error_.empty() && previous != nullptr) fresh.routes = previous->routes;
  }
  apps_[app] = std::move(fresh);
}

void Manager::apply() {
  std::vector<Problem> problems;
  for (const auto& [name, app] : apps_) {
    problems.insert(problems.end(), app.problems.begin(), app.problems.end());
  }
  std::vector<PortState> states;
  const auto routes = settle_conflicts(apps_, owners_, problems);
  if (accepting_) {
    states = forwarder_.apply(routes);
  } else {
    forwarder_.stop_accepting(routes);
  }
  for (const auto& state : states) {
    for (const auto& backend : state.route->backends) {
      if (!backend->ours) continue;
      problems.push_back({state.route->app,
                          fmt::format("{} at {} is not dialled: the forwarder itself listens there",
                                      backend->name, backend->address())});
    }
  }
  std::set<std::string> waiting;
  bool ports_gone = false;
  for (const auto& state : states) {
    std::string& owner = owners_[state.route->mapping.listen];
    if (owner != state.route->app) {
      ports_gone = ports_gone || !owner.empty();
      owner = state.route->app;
    }
    if (state.error.empty()) continue;
    waiting.insert(state.error);
    if (!waiting_.contains(state.error)) {  // told once, not every second
      event_log::write("port-waiting", {{"app", state.route->app}, {"reason", state.error}});
    }
  }
  waiting_ = std::move(waiting);
  if (owners_.size() > states.size()) {
    std::set<ListenAddress> claimed;
    for (const auto& state : states) claimed.insert(state.route->mapping.listen);
    std::erase_if(owners_, [&](const auto& item) { return !claimed.contains(item.first); });
    ports_gone = true;
  }
  if (ports_gone && accepting_) on_ports_gone_();
  auto status = std::make_shared<ServiceStatus>();
  status->ports = std::move(states);
  status->problems = std::move(problems);
  status->engine_error = engine_error_;
  status->reloads = reloads_;
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

ReloadResult Manager::result_for(const std::string& app) const {
  const auto status = this->status();
  ReloadResult result;
  result.error = status->engine_error;
  for (const auto& problem : status->problems) {
    if (app.empty()) {
      result.warnings.push_back(fmt::format("{}: {}", problem.app, problem.text));
    } else if (problem.app == app) {
      result.warnings.push_back(problem.text);
    }
  }
  for (const auto& state : status->ports) {
    if (!state.error.empty() && (app.empty() || state.route->app == app)) {
      result.warnings.push_back(state.error);
    }
  }
  return result;
}

void Manager::answer_probe(const std::vector<ListenAddress>& addresses, const Done& done) const {
  ReloadResult result;
  for (const auto& address : addresses) {
    if (forwarder_.listens_on(address)) continue;
    const std::string reason = probe_listen(address);
    if (!reason.empty()) result.warnings.push_back(fmt::format("{} {}", address.text(), reason));
  }
  done(result);
}

}  // namespace netports
