#include "forwarder/control_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <new>

#include "base/error.h"
#include "base/text.h"
#include "forwarder/control_request.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"
#include "forwarder/status.h"
#include "ports/control.h"

namespace netports {

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Error("Cannot listen on {}: The path is too long", path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd unix_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

UniqueFd listen_on_path(const std::string& path) {
  const sockaddr_un address = address_of(path);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  const UniqueFd probe = unix_socket();
  if (::connect(probe.get(), raw, sizeof address) == 0) {
    throw Error("Cannot listen on {}: Another dokku-ports answers there", path);
  }
  const bool refused = errno == ECONNREFUSED;  // by files of any other kind as well
  struct stat info {};
  if (refused && ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
    ::unlink(path.c_str());  // left behind by one that was killed
  }
  UniqueFd fd = unix_socket();
  const mode_t before = ::umask(0117);  // born with mode 0660
  const bool bound = ::bind(fd.get(), raw, sizeof address) == 0;
  const int error = errno;
  ::umask(before);
  if (!bound || ::listen(fd.get(), 128) != 0) {
    throw Error("Cannot listen on {}: {}", path, errno_text(bound ? errno : error));
  }
  return fd;
}

/// Removes what killed daemons left of their own sockets beside `path`.
void remove_stale(const std::string& path) {
  const std::filesystem::path control(path);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(control.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    const std::string prefix = control.filename().string() + ".";
    if (!name.starts_with(prefix)) continue;
    const auto pid = parse_number(std::string_view(name).substr(prefix.size()), 1 << 30);
    if (!pid || ::kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) continue;
    ::unlink(entry.path().c_str());
  }
}

std::string reply_text(const ReloadResult& result) {
  std::string text =
      result.error.empty() ? "ok\n" : fmt::format("error {}\n", printable(result.error, 1000));
  for (const auto& warning : result.warnings) text += printable(warning, 1000) + "\n";
  return text;
}

}  // namespace

/// Answers found by the manager, on their way to the clients' thread.
struct ControlServer::Answers {
  std::mutex mutex;
  std::vector<std::pair<std::weak_ptr<Client>, std::string>> ready;
  UniqueFd wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
};

ControlServer::ControlServer(std::string path, UniqueFd inherited, Manager& manager,
                             const Generations& older)
    : path_(std::move(path)),
      manager_(manager),
      older_(older),
      owns_path_(!inherited),
      listening_(inherited ? std::move(inherited) : listen_on_path(path_)),
      answers_(std::make_shared<Answers>()) {
  remove_stale(path_);
}

ControlServer::~ControlServer() {
  if (listening_ && owns_path_) ::unlink(path_.c_str());
}

void ControlServer::hand_over() {
  listening_.reset();
  owns_path_ = false;
  try {
    // Who is still connected can be asked of this process.
    path_ = control_path_of(path_, ::getpid());
    listening_ = listen_on_path(path_);
    owns_path_ = true;
  } catch (const std::exception& error) {  // also without memory: the hand-over goes on
    event_log::write("control-failed", {{"reason", error.what()}});
  }
}

void ControlServer::add_descriptors(std::vector<pollfd>& polled) {
  polled.push_back({answers_->wake.get(), POLLIN, 0});
  if (listening_ && now_ms() >= next_accept_) polled.push_back({listening_.get(), POLLIN, 0});
  for (const auto& client : clients_) {
    // One that hung up while it waits would end every poll at once.
    if (client->waiting) continue;
    const auto events = client->answering ? POLLOUT : POLLIN;
    polled.push_back({client->fd.get(), static_cast<short>(events), 0});
  }
}

void ControlServer::serve() {
  owns_path_ = owns_path_ || listening_;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(answers_->wake.get(), &count, sizeof count);
  std::vector<std::pair<std::weak_ptr<Client>, std::string>> ready;
  {
    const std::lock_guard lock(answers_->mutex);
    ready.swap(answers_->ready);
  }
  for (const auto& [weak, text] : ready) {
    if (const auto client = weak.lock()) answer(*client, text);
  }
  accept_clients();
  const Millis now = now_ms();
  for (const auto& client : clients_) {
    try {
      if (!client->answering && !client->waiting) read_from(*client);
      if (client->answering) write_to(*client);
    } catch (const std::bad_alloc&) {
      client->finished = true;  // it alone
    }
    if (now > client->deadline) client->finished = true;
  }
  clients_.remove_if([](const auto& client) { return client->finished; });
}

void ControlServer::accept_clients() {
  while (listening_) {
    UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      // No descriptor is left: it stays in the queue, and would end every poll at once.
      if (errno != EAGAIN) next_accept_ = now_ms() + limits::kTick.count();
      return;
    }
    if (!make_room()) continue;
    auto client = std::make_shared<Client>();
    client->fd = std::move(fd);
    client->deadline = now_ms() + limits::kControlTimeout.count();
    clients_.push_back(std::move(client));
  }
}

bool ControlServer::make_room() {
  if (clients_.size() < limits::kControlClients) return true;
  // The oldest that has said nothing yet, else the oldest that does not take its answer.
  for (const bool answering : {false, true}) {
    const auto oldest = std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) {
      return !client->waiting && client->answering == answering;
    });
    if (oldest == clients_.end()) continue;
    clients_.erase(oldest);
    return true;
  }
  // All wait for answers. One that has left needs none; nobody is told of that while it waits.
  const auto left = std::find_if(clients_.begin(), clients_.end(), [](const auto& client) {
    pollfd polled{client->fd.get(), 0, 0};
    return ::poll(&polled, 1, 0) == 1 && (polled.revents & POLLHUP) != 0;
  });
  if (left == clients_.end()) return false;
  clients_.erase(left);
  return true;
}

void ControlServer::read_from(Client& client) {
  char buffer[4096];
  while (true) {
    const ssize_t n = ::recv(client.fd.get(), buffer, sizeof buffer, 0);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) client.finished = true;
      return;
    }
    if (n == 0) {
      client.finished = true;
      return;
    }
    client.input.append(buffer, static_cast<std::size_t>(n));
    if (const auto end = client.input.find('\n'); end != std::string::npos) {
      return obey(client, client.input.substr(0, end));
    }
    if (client.input.size() > limits::kControlLineBytes) {
      return answer(client, "error The request is too long\n");
    }
  }
}

void ControlServer::write_to(Client& client) const {
  while (client.sent < client.output.size()) {
    const ssize_t n = ::send(client.fd.get(), client.output.data() + client.sent,
                             client.output.size() - client.sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) client.finished = true;
      return;
    }
    client.sent += static_cast<std::size_t>(n);
  }
  client.finished = true;
}

void ControlServer::answer(Client& client, const std::string& text) const {
  client.output = text;
  client.waiting = false;
  client.answering = true;
}

Manager::Done ControlServer::answer_later(Client& client) {
  client.waiting = true;
  std::weak_ptr<Client> weak;
  for (const auto& known : clients_) {
    if (known.get() == &client) weak = known;
  }
  return [weak, answers = answers_](const ReloadResult& result) {
    {
      const std::lock_guard lock(answers->mutex);
      answers->ready.emplace_back(weak, reply_text(result));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(answers->wake.get(), &one, sizeof one);
  };
}

void ControlServer::obey(Client& client, const std::string& line) {
  using Verb = ControlRequest::Verb;
  ControlRequest request;
  try {
    request = parse_control_request(line);
  } catch (const Error& error) {
    return answer(client, fmt::format("error {}\n", error.what()));
  }
  switch (request.verb) {
    case Verb::reload:
      return request.app.empty() ? manager_.reload_all(answer_later(client))
                                 : manager_.reload_app(request.app, answer_later(client));
    case Verb::stop:
      return manager_.stop_app(request.app, answer_later(client));
    case Verb::probe:
      return manager_.probe(std::move(request.addresses), answer_later(client));
    case Verb::backends:
      return answer(client, "ok\n" + backend_lines(manager_, request.app));
    case Verb::connections:
      return answer(client, "ok\n" + connections_json(manager_, request.app));
    case Verb::metrics:
      return answer(client, "ok\n" + metrics_text(manager_, older_));
    case Verb::status:
      return answer(client, "ok\n" + status_json(manager_, older_, request.app));
  }
}

}  // namespace netports
