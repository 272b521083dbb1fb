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
constexpr milliseconds kRelayPatience{200};
constexpr std::size_t kDialsAtOnce = 128;

/// A started connect.
struct Dial {
  Target target;
  UniqueFd fd;  // gone once it has failed
  bool pending = false;
};

Dial start_dial(const Target& target) {
  sockaddr_storage address{};
  const socklen_t length = target.address.to_sockaddr(target.port, address);
  Dial dial{target,
            UniqueFd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))};
  if (!dial.fd) return dial;
  if (::connect(dial.fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    if (errno == EINPROGRESS) {
      dial.pending = true;
    } else {
      dial.fd.reset();
    }
  }
  return dial;
}

/// Calls `ready` for each dial that `waits` once it shows `events`, until none waits or time is
/// over.
void poll_dials(std::vector<Dial>& dials, short events, Clock::time_point until,
                const std::function<bool(const Dial&)>& waits,
                const std::function<void(Dial&)>& ready) {
  while (true) {
    std::vector<pollfd> polled;
    std::vector<Dial*> whose;
    for (auto& dial : dials) {
      if (!dial.fd || !waits(dial)) continue;
      polled.push_back({dial.fd.get(), events, 0});
      whose.push_back(&dial);
    }
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
    if (polled.empty() || left <= 0) return;
    if (::poll(polled.data(), polled.size(), static_cast<int>(left)) <= 0) continue;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) ready(*whose[i]);
    }
  }
}

void finish_connects(std::vector<Dial>& dials, Clock::time_point until) {
  const auto pending = [](const Dial& dial) { return dial.pending; };
  poll_dials(dials, POLLOUT, until, pending, [](Dial& dial) {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(dial.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    dial.pending = false;
    if (error != 0) dial.fd.reset();
  });
  for (auto& dial : dials) {
    if (dial.pending) dial.fd.reset();
  }
}

/// Drops relayed connections that end without a word.
void test_relays(std::vector<Dial>& dials, Clock::time_point until) {
  const auto unsure = [](const Dial& dial) { return dial.target.relayed; };
  poll_dials(dials, POLLIN, until, unsure, [](Dial& dial) {
    char byte = 0;
    if (::recv(dial.fd.get(), &byte, 1, 0) == 1) {
      dial.target.relayed = false;  // somebody speaks
    } else {
      dial.fd.reset();
    }
  });
}

/// One try of each way; gives the ports to which none led.
std::vector<std::uint16_t> try_targets(std::vector<std::uint16_t> ports,
                                       const std::vector<Target>& targets,
                                       Clock::time_point deadline) {
  for (std::size_t begin = 0; begin < targets.size(); begin += kDialsAtOnce) {
    std::vector<Dial> dials;
    for (std::size_t i = begin; i < std::min(begin + kDialsAtOnce, targets.size()); ++i) {
      const bool wanted =
          std::find(ports.begin(), ports.end(), targets[i].private_port) != ports.end();
      if (wanted) dials.push_back(start_dial(targets[i]));
    }
    finish_connects(dials, std::min(deadline, Clock::now() + kDialTimeout));
    test_relays(dials, Clock::now() + kRelayPatience);
    for (const auto& dial : dials) {
      if (dial.fd) std::erase(ports, dial.target.private_port);
    }
  }
  return ports;
}

bool names_process(const std::string& list, const std::string& process) {
  for (const auto name : split(list, ',')) {
    if (trim(name) == "_all_" || trim(name) == process) return true;
  }
  return false;
}

}  // namespace

std::vector<std::uint16_t> wait_for_ports(std::vector<std::uint16_t> ports, milliseconds timeout,
                                          const std::function<std::vector<Target>()>& targets) {
  const auto deadline = Clock::now() + timeout;
  while (!ports.empty()) {
    ports = try_targets(std::move(ports), targets(), deadline);
    if (ports.empty() || Clock::now() + kPause >= deadline) break;
    std::this_thread::sleep_for(kPause);
  }
  return ports;
}

std::vector<Target> direct_targets(const std::vector<std::uint16_t>& ports,
                                   const IpAddress& address) {
  std::vector<Target> targets;
  for (const auto port : ports) targets.push_back({port, address, port});
  return targets;
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
