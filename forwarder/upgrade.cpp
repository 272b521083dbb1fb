#include "forwarder/upgrade.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/text.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"

namespace netports {

namespace {

constexpr std::string_view kControl = "control";
constexpr std::string_view kDraining = "draining";
constexpr std::string_view kEnding = "ending";
constexpr std::string_view kUses = "uses";

constexpr int kNotExecuted = 127;  // as shells say it

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// In a child: closes all above stderr but `kept`, sorted. Plain system calls only.
void close_all_but(const std::vector<int>& kept) {
  int next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    if (fd < next) continue;
    if (fd > next) ::close_range(next, fd - 1, 0);
    next = fd + 1;
  }
  ::close_range(next, ~0U, 0);
}

/// The list as an anonymous file, read position at its start.
UniqueFd list_file(const std::string& text) {
  UniqueFd fd(::memfd_create("dokku-ports-inheritance", MFD_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::lseek(fd.get(), 0, SEEK_SET) != 0) {
    throw Error("Unable to write the list of sockets: {}", errno_text(errno));
  }
  return fd;
}

}  // namespace

Inheritance read_inheritance(int list_fd) {
  const UniqueFd list(list_fd);
  std::string text;
  char buffer[65536];
  ssize_t n = 0;
  while ((n = ::read(list.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  if (n < 0) throw Error("Unable to read the list of sockets: {}", errno_text(errno));
  Inheritance inheritance;
  for (const auto line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto fields = words(line);
    if (fields.size() == 5 && fields[0] == kUses) {
      const auto number = parse_number(fields[3], 1'000'000).value_or(0);
      inheritance.in_use[std::string(fields[1])].push_back(
          {std::string(fields[2]), static_cast<unsigned>(number), std::string(fields[4])});
      continue;
    }
    const auto fd = parse_number(fields[0], 10'000'000);
    if (!fd) continue;  // of a version that has more to say
    if (fields.size() != 2 || ::fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC) != 0) {
      throw Error("Unable to take over a socket: \"{}\" names none", printable(line));
    }
    UniqueFd socket(static_cast<int>(*fd));
    if (fields[1] == kControl) {
      inheritance.control = std::move(socket);
    } else if (fields[1] == kDraining || fields[1] == kEnding) {
      inheritance.older.push_back({std::move(socket), fields[1] == kEnding});
    } else if (const auto address = ListenAddress::parse(fields[1])) {
      inheritance.listeners.emplace_back(*address, std::move(socket));
    }  // else of a kind that another version knows: it is closed
  }
  return inheritance;
}

Upgrade::Upgrade(const std::vector<std::string>& arguments,
                 const std::vector<std::pair<ListenAddress, int>>& listeners, int control,
                 const std::vector<std::pair<int, bool>>& older, const ContainersInUse& in_use)
    : deadline_(now_ms() + limits::kUpgradeTimeout.count()) {
  const UniqueFd self(pidfd_open(::getpid()));
  std::vector<int> passed{control};
  std::string text = fmt::format("{} {}\n", control, kControl);
  for (const auto& [address, fd] : listeners) {
    text += fmt::format("{} {}\n", fd, address.text());
    passed.push_back(fd);
  }
  for (const auto& [pidfd, ending] : older) {
    text += fmt::format("{} {}\n", pidfd, ending ? kEnding : kDraining);
    passed.push_back(pidfd);
  }
  if (self) {
    text += fmt::format("{} {}\n", self.get(), kDraining);
    passed.push_back(self.get());
  }
  for (const auto& [app, containers] : in_use) {
    for (const auto& file : containers) {
      text += fmt::format("{} {} {} {} {}\n", kUses, app, file.process, file.number, file.id);
    }
  }
  const UniqueFd list = list_file(text);
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) {
    throw Error("Unable to make a pipe: {}", errno_text(errno));
  }
  ready_.reset(ready[0]);
  const UniqueFd ready_write(ready[1]);
  ::fcntl(ready_.get(), F_SETFL, O_NONBLOCK);
  passed.push_back(list.get());
  passed.push_back(ready_write.get());

  std::vector<std::string> words = arguments;
  words.insert(words.end(), {"--inherit-fd", fmt::format("{}", list.get()), "--ready-fd",
                             fmt::format("{}", ready_write.get())});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int closed[2];  // tells that the child has no copies left
  if (::pipe2(closed, O_CLOEXEC) != 0) {
    throw Error("Unable to make a pipe: {}", errno_text(errno));
  }
  const UniqueFd closed_read(closed[0]);
  UniqueFd closed_write(closed[1]);
  std::vector<int> kept = passed;
  kept.push_back(closed_write.get());
  std::sort(kept.begin(), kept.end());
  pid_ = ::fork();
  if (pid_ < 0) throw Error("Unable to start {}: {}", arguments[0], errno_text(errno));
  if (pid_ == 0) {
    // The other threads are gone here: nothing but plain system calls. Libraries open descriptors
    // that survive an exec; the heir gets what is named and no more.
    close_all_but(kept);
    for (const int fd : passed) ::fcntl(fd, F_SETFD, 0);
    [[maybe_unused]] const ssize_t told = ::write(closed_write.get(), "", 1);
    ::execv(argv[0], argv.data());
    ::_exit(kNotExecuted);
  }
  closed_write.reset();
  char byte = 0;
  while (::read(closed_read.get(), &byte, 1) < 0 && errno == EINTR) {
  }
}

Upgrade::~Upgrade() {
  if (state_ == State::ready || pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Upgrade::State Upgrade::look() {
  if (state_ != State::starting) return state_;
  char byte = 0;
  if (::read(ready_.get(), &byte, 1) == 1) {
    state_ = State::ready;
  } else if (int status = 0; ::waitpid(pid_, &status, WNOHANG) == pid_) {
    pid_ = -1;
    state_ = State::failed;
    if (WIFSIGNALED(status)) {
      reason_ = fmt::format("The new daemon was ended by signal {}", WTERMSIG(status));
    } else if (WEXITSTATUS(status) == kNotExecuted) {
      reason_ = "The new daemon cannot be executed";
    } else {
      reason_ = fmt::format("The new daemon ended with status {}", WEXITSTATUS(status));
    }
  } else if (now_ms() > deadline_) {
    state_ = State::failed;
    reason_ = fmt::format("The new daemon was not ready in {} s",
                          limits::kUpgradeTimeout / std::chrono::seconds(1));
  }
  return state_;
}

}  // namespace netports
