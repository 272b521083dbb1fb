#include "ports/readiness.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/text.h"
#include "base/unique_fd.h"
#include "dokku/properties.h"

namespace netports {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kDialTimeout{1'000};
constexpr milliseconds kPause{100};
constexpr std::size_t kDialsAtOnce = 128;

/// A started connect to a port.
struct Dial {
  std::uint16_t port;
  UniqueFd fd;
  bool accepted = false;
};

Dial start_dial(const IpAddress& address, std::uint16_t port) {
  sockaddr_storage target{};
  const socklen_t length = address.to_sockaddr(port, target);
  Dial dial{port,
            UniqueFd(::socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))};
  if (!dial.fd) return dial;
  if (::connect(dial.fd.get(), reinterpret_cast<const sockaddr*>(&target), length) == 0) {
    dial.accepted = true;
    dial.fd.reset();
  } else if (errno != EINPROGRESS) {
    dial.fd.reset();
  }
  return dial;
}

void finish_dials(std::vector<Dial>& dials, Clock::time_point until) {
  while (true) {
    std::vector<pollfd> waiting;
    std::vector<Dial*> whose;
    for (auto& dial : dials) {
      if (!dial.fd) continue;
      waiting.push_back({dial.fd.get(), POLLOUT, 0});
      whose.push_back(&dial);
    }
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
    if (waiting.empty() || left <= 0) return;
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left)) <= 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      int error = 0;
      socklen_t length = sizeof error;
      ::getsockopt(whose[i]->fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
      whose[i]->accepted = error == 0;
      whose[i]->fd.reset();
    }
  }
}

/// One try of each port; gives those that did not accept.
std::vector<std::uint16_t> try_ports(const std::vector<std::uint16_t>& ports,
                                     const IpAddress& address, Clock::time_point deadline) {
  std::vector<std::uint16_t> refused;
  for (std::size_t begin = 0; begin < ports.size(); begin += kDialsAtOnce) {
    std::vector<Dial> dials;
    for (std::size_t i = begin; i < std::min(begin + kDialsAtOnce, ports.size()); ++i) {
      dials.push_back(start_dial(address, ports[i]));
    }
    finish_dials(dials, std::min(deadline, Clock::now() + kDialTimeout));
    for (const auto& dial : dials) {
      if (!dial.accepted) refused.push_back(dial.port);
    }
  }
  return refused;
}

bool names_process(const std::string& list, const std::string& process) {
  for (const auto name : split(list, ',')) {
    if (trim(name) == "_all_" || trim(name) == process) return true;
  }
  return false;
}

}  // namespace

std::vector<std::uint16_t> wait_for_ports(
    std::vector<std::uint16_t> ports, milliseconds timeout,
    const std::function<std::optional<IpAddress>()>& address) {
  const auto deadline = Clock::now() + timeout;
  while (!ports.empty()) {
    if (const auto ip = address()) ports = try_ports(ports, *ip, deadline);
    if (ports.empty() || Clock::now() + kPause >= deadline) break;
    std::this_thread::sleep_for(kPause);
  }
  return ports;
}

std::vector<std::uint16_t> private_ports_of(const std::vector<PortMapping>& mappings,
                                            const std::string& process) {
  std::vector<std::uint16_t> ports;
  for (const auto& mapping : mappings) {
    if (mapping.process == process) ports.push_back(mapping.private_port);
  }
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

CheckSettings::CheckSettings(const Environment& env, const std::string& app) {
  constexpr std::uint64_t kLongest = 3600;
  const Properties checks(env, "checks");
  const auto number = [&](const std::string& property, std::uint64_t otherwise) {
    return parse_number(trim(checks.computed(app, property)), kLongest).value_or(otherwise);
  };
  disabled_ = checks.computed(app, "disabled");
  skipped_ = checks.computed(app, "skipped");
  const auto seconds =
      number("wait", 0) + number("timeout", 30) * std::max<std::uint64_t>(1, number("attempts", 1));
  deadline_ = std::chrono::seconds(std::min(seconds, kLongest));
}

bool CheckSettings::disabled(const std::string& process) const {
  return names_process(disabled_, process);
}

bool CheckSettings::skipped(const std::string& process) const {
  return names_process(skipped_, process);
}

}  // namespace netports
