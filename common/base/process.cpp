#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/unique_fd.h"

namespace netports {

namespace {

constexpr std::size_t kMaxCaptureBytes = 16 << 20;

std::vector<char*> c_argv(const std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  pointers.reserve(argv.size() + 1);
  // posix_spawn and execvp take char* for historical reasons and change nothing.
  for (const auto& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw Error("Unable to make a pipe: {}", errno_text(errno));
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// Starts argv; `out` and `err` become its stdout and stderr.
pid_t spawn(const std::vector<std::string>& argv, int out, int err) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err, 2);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, argv.at(0).c_str(), &actions, nullptr, c_argv(argv).data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Error("Unable to run {}: {}", argv[0], errno_text(error));
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw Error("Unable to wait for a program: {}", errno_text(errno));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + timeout;
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const pid_t pid = spawn(argv, out.write_end.get(), err.write_end.get());
  out.write_end.reset();
  err.write_end.reset();
  ProcessResult result{};
  struct Stream {
    UniqueFd fd;
    std::string* text;
  };
  std::array<Stream, 2> streams{Stream{std::move(out.read_end), &result.out},
                                Stream{std::move(err.read_end), &result.err}};
  char buffer[16384];
  while (streams[0].fd || streams[1].fd) {
    std::array<pollfd, 2> polled{pollfd{streams[0].fd.get(), POLLIN, 0},
                                 pollfd{streams[1].fd.get(), POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (timeout.count() > 0 && left <= 0) {
      ::kill(pid, SIGKILL);
      wait_for(pid);
      throw Error("Unable to run {}: It has not ended after {} ms", argv[0], timeout.count());
    }
    const int wait_ms = timeout.count() > 0 ? static_cast<int>(left) : -1;
    if (::poll(polled.data(), polled.size(), wait_ms) < 0) {
      if (errno != EINTR) break;
      continue;
    }
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (polled[i].revents == 0) continue;
      const ssize_t n = ::read(streams[i].fd.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        streams[i].fd.reset();
      } else if (streams[i].text->size() < kMaxCaptureBytes) {
        streams[i].text->append(buffer, static_cast<std::size_t>(n));
      }
    }
  }
  result.status = wait_for(pid);
  return result;
}

void exec_process(const std::vector<std::string>& argv) {
  ::execvp(argv.at(0).c_str(), c_argv(argv).data());
  throw Error("Unable to run {}: {}", argv[0], errno_text(errno));
}

}  // namespace netports
