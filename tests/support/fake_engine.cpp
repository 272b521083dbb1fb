#include "fake_engine.h"

#include <fmt/core.h>

namespace netports::test {

namespace {

std::string http(const std::string& status, const std::string& body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      status, body.size(), body);
}

std::string networks(const std::string& address) {
  return fmt::format(
      R"("HostConfig":{{"NetworkMode":"default"}},)"
      R"("NetworkSettings":{{"Ports":{{}},"Networks":{{"bridge":{{"IPAddress":"{}"}}}}}})",
      address);
}

}  // namespace

FakeEngine::FakeEngine(std::string path) : path_(std::move(path)) { come_back(); }

void FakeEngine::go_away() {
  std::unique_ptr<Server> server;
  {
    const std::lock_guard lock(mutex_);
    away_ = true;
    server = std::move(server_);
  }
  changed_.notify_all();
  if (server) ::unlink(path_.c_str());
}

void FakeEngine::come_back() {
  const std::lock_guard lock(mutex_);
  away_ = false;
  server_ = std::make_unique<Server>(listen_at_path(path_), [this](Peer& peer) { serve(peer); });
}

void FakeEngine::run(const std::string& id, const std::string& address, const std::string& state) {
  run_as(id, fmt::format(R"({{"Id":"{}","State":"{}",{}}})", id, state, networks(address)),
         fmt::format(R"({{"Id":"{}","Name":"/x","State":{{"Status":"{}"}},)"
                     R"("Config":{{"Labels":{{}}}},{}}})",
                     id, state, networks(address)));
}

void FakeEngine::run_as(const std::string& id, const std::string& list_entry,
                        const std::string& inspect) {
  const std::lock_guard lock(mutex_);
  containers_[id] = {list_entry, inspect};
}

void FakeEngine::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  containers_.erase(id);
}

void FakeEngine::event(const std::string& action, const std::string& id, const std::string& app) {
  event_line(fmt::format(R"({{"Type":"container","Action":"{}","Actor":{{"ID":"{}",)"
                         R"("Attributes":{{"com.dokku.app-name":"{}"}}}}}})",
                         action, id, app));
}

void FakeEngine::event_line(const std::string& line) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(line);
  }
  changed_.notify_all();
}

void FakeEngine::cut_events() {
  {
    const std::lock_guard lock(mutex_);
    ++cuts_;
  }
  changed_.notify_all();
}

std::size_t FakeEngine::followers() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

void FakeEngine::hang(bool on) {
  {
    const std::lock_guard lock(mutex_);
    hanging_ = on;
  }
  changed_.notify_all();
}

void FakeEngine::trickle(std::optional<std::string> beginning) {
  {
    const std::lock_guard lock(mutex_);
    trickle_ = std::move(beginning);
  }
  changed_.notify_all();
}

void FakeEngine::trickle_events(std::optional<std::string> beginning) {
  {
    const std::lock_guard lock(mutex_);
    trickle_events_ = std::move(beginning);
  }
  changed_.notify_all();
}

void FakeEngine::answer_with(std::optional<std::string> raw) {
  const std::lock_guard lock(mutex_);
  raw_ = std::move(raw);
}

void FakeEngine::answer_json(const std::string& body) { answer_with(http("200 OK", body)); }

std::size_t FakeEngine::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeEngine::serve(Peer& peer) {
  const std::string request = peer.receive_line();
  while (peer.receive_line() != "\r" && peer.end() == End::none) continue;
  if (peer.end() != End::none) return;  // who asks went away, or this one does
  const auto path_begin = request.find(' ') + 1;
  const std::string path = request.substr(path_begin, request.find(' ', path_begin) - path_begin);
  if (path.starts_with("/events")) return serve_events(peer);
  std::string answer;
  {
    std::unique_lock lock(mutex_);
    ++requests_;
    answer = raw_ ? *raw_ : answer_to(path);
    changed_.wait(lock, [this] { return !hanging_ || away_; });
    if (trickle_) return send_slowly(peer, lock, trickle_);
  }
  peer.send(answer);
}

void FakeEngine::send_slowly(Peer& peer, std::unique_lock<std::mutex>& lock,
                             const std::optional<std::string>& beginning) {
  const auto mine = beginning;
  std::string next = *mine;
  while (!away_ && beginning == mine) {
    lock.unlock();
    const bool sent = peer.send(next);
    lock.lock();
    if (!sent) return;
    next.assign(1, 'x');
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
}

void FakeEngine::serve_events(Peer& peer) {
  std::unique_lock lock(mutex_);
  if (trickle_events_) return send_slowly(peer, lock, trickle_events_);
  lock.unlock();
  if (!peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) return;
  lock.lock();
  const unsigned cuts = cuts_;
  std::size_t told = events_.size();
  ++streams_;
  while (true) {
    changed_.wait(lock, [&] { return away_ || cuts_ != cuts || told < events_.size(); });
    if (away_ || cuts_ != cuts) break;
    const std::string line = events_[told++] + "\n";
    lock.unlock();
    const bool sent = peer.send(fmt::format("{:x}\r\n{}\r\n", line.size(), line));
    lock.lock();
    if (!sent) break;
  }
  --streams_;
}

std::string FakeEngine::answer_to(const std::string& path) const {
  if (path == "/containers/json") {
    std::string list;
    for (const auto& [id, known] : containers_)
      list += (list.empty() ? "" : ",") + known.list_entry;
    return http("200 OK", "[" + list + "]");
  }
  constexpr std::string_view kPrefix = "/containers/";
  const auto id = path.substr(kPrefix.size(), path.find('/', kPrefix.size()) - kPrefix.size());
  const auto found = containers_.find(id);
  if (found == containers_.end()) {
    return http("404 Not Found", R"({"message":"No such container: )" + id + "\"}");
  }
  return http("200 OK", found->second.inspect);
}

}  // namespace netports::test
