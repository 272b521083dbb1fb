#include "daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "catch.h"
#include "docker/json.h"
#include "peer.h"

namespace netports::test {

namespace {

BackendStatus backend_from(const json::Object& from) {
  return {json::text(from, "container"), json::text(from, "name"),   json::text(from, "address"),
          json::text(from, "state"),     json::number(from, "open"), json::number(from, "accepted"),
          json::number(from, "failed")};
}

PortStatus port_from(const json::Object& from) {
  PortStatus port;
  port.listen = json::text(from, "listen");
  port.app = json::text(from, "app");
  port.state = json::text(from, "state");
  port.error = json::text(from, "error");
  port.open = json::number(from, "open");
  port.accepted = json::number(from, "accepted");
  port.refused = json::number(from, "refused");
  port.failed = json::number(from, "failed");
  port.bytes_in = json::number(from, "bytes_in");
  port.bytes_out = json::number(from, "bytes_out");
  const auto reasons = json::object(from, "reasons");
  for (const auto& name : json::names(reasons)) port.reasons[name] = json::number(reasons, name);
  for (const auto& backend : json::objects(json::array(from, "backends"))) {
    port.backends.push_back(backend_from(backend));
  }
  return port;
}

std::string whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

PortStatus Status::port(const std::string& listen) const {
  for (const auto& port : ports) {
    if (port.listen == listen) return port;
  }
  return {};
}

DaemonProcess::DaemonProcess(Options options) : options_(std::move(options)) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<std::string> words{options_.program, "--control", options_.control, "--ready-fd",
                                 std::to_string(ready[1])};
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int log = ::open(options_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const rlimit limit{options_.max_descriptors, options_.max_descriptors};
  // What a daemon leaves behind on an upgrade becomes ours to wait for.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process for the daemon");
  if (pid_ == 0) {  // only calls that are safe beside the other threads of the test
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::fcntl(ready[1], F_SETFD, 0);
    ::dup2(log, 2);
    if (options_.max_descriptors > 0) ::setrlimit(RLIMIT_NOFILE, &limit);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ready[1]);
  ::close(log);
  ready_fd_ = ready[0];
}

DaemonProcess::~DaemonProcess() {
  if (!exit_status_) {
    signal(SIGTERM);
    signal(SIGTERM);
    // Two that arrive together are one to the kernel: the second is sent once the first was read.
    const auto second = [this] {
      if (wait_exit(std::chrono::milliseconds(100))) return true;
      signal(SIGTERM);
      return false;
    };
    if (!eventually(second)) {
      signal(SIGKILL);
      wait_exit();
    }
    INFO(log());
    CHECK(exit_status_ == 0);
  }
  ::close(ready_fd_);
}

bool DaemonProcess::wait_ready(std::chrono::milliseconds limit) {
  pollfd polled{ready_fd_, POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(limit.count())) != 1) return false;
  char line[16];
  return ::read(ready_fd_, line, sizeof line) > 0;
}

void DaemonProcess::signal(int number) const { ::kill(pid_, number); }

std::optional<int> DaemonProcess::wait_exit(std::chrono::milliseconds limit) {
  if (exit_status_) return exit_status_;
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return {};
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_status_;
}

void DaemonProcess::follow(pid_t pid) {
  // To kill(2), what is not positive stands for many processes, at worst for all there are.
  REQUIRE(pid > 0);
  const auto status = wait_exit();
  INFO(log());
  CHECK(status == 0);
  pid_ = pid;
  exit_status_.reset();
}

std::string DaemonProcess::ask(const std::string& line) const {
  Peer peer = connect_to_path(options_.control);
  peer.send(line + "\n");
  return peer.receive_all();
}

Status DaemonProcess::status(const std::string& app) const {
  const std::string answer = ask(app.empty() ? "status" : "status " + app);
  if (!answer.starts_with("ok\n")) throw std::runtime_error("status: " + answer);
  const auto document = json::parse_object(answer.substr(3), "status");
  Status status;
  status.open = json::number(document, "open");
  status.max_connections = json::number(document, "max_connections");
  status.reloads = json::number(document, "reloads");
  status.older_daemons = json::numbers(json::array(document, "older_daemons"));
  status.engine_error = json::text(document, "engine_error");
  for (const auto& port : json::objects(json::array(document, "ports"))) {
    status.ports.push_back(port_from(port));
  }
  for (const auto& problem : json::objects(json::array(document, "problems"))) {
    status.problems.push_back(json::text(problem, "app") + ": " + json::text(problem, "text"));
  }
  return status;
}

Usage DaemonProcess::usage() const {
  const std::string process = "/proc/" + std::to_string(pid_);
  const auto entries = [&](const char* name) {
    const std::filesystem::directory_iterator all(process + "/" + name);
    return static_cast<std::size_t>(std::distance(all, {}));
  };
  const std::string status = whole_file(process + "/status");
  const auto bytes = [&](const std::string& key) {
    const auto at = status.find(key);
    if (at == std::string::npos) throw std::runtime_error("the daemon is gone");
    return std::stoul(status.substr(at + key.size())) * 1024;
  };
  return {bytes("VmRSS:"), bytes("VmData:"), entries("fd"), entries("task")};
}

pid_t DaemonProcess::pid_in_log(const std::string& event) const {
  const std::string text = log();
  const auto at = text.find(" pid=", text.rfind("\n" + event + " "));
  if (at == std::string::npos) throw std::runtime_error("no " + event + " in the log:\n" + text);
  return std::stoi(text.substr(at + 5));
}

std::string DaemonProcess::log() const { return whole_file(options_.log); }

std::size_t DaemonProcess::upgrades() const {
  constexpr std::string_view kEvent = "\nhanded-over ";
  const std::string text = log();
  std::size_t count = 0;
  for (auto at = text.find(kEvent); at != std::string::npos; at = text.find(kEvent, at + 1))
    ++count;
  return count;
}

bool DaemonProcess::upgrade() const {
  const auto before = upgrades();
  signal(SIGUSR2);
  return eventually([&] { return upgrades() > before; });
}

void DaemonProcess::freeze() const {
  signal(SIGSTOP);
  int status = 0;
  if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) {
    throw std::runtime_error("the daemon does not stop");
  }
}

bool DaemonProcess::wait_log(const std::string& text) const {
  return eventually([&] { return log().find(text) != std::string::npos; });
}

}  // namespace netports::test
