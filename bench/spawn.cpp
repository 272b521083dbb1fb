// spawn ROUNDS < LIST: runs each command of LIST (name, tab, words separated by tabs) once per
// round, in turn, and prints "name median_us" for each. Nothing but fork, exec and wait is timed;
// stdin is empty and the output goes nowhere.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

namespace {

struct Command {
  std::vector<std::string> words;  // the first is its name
  std::vector<double> microseconds;
  int status = 0;
};

double now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

void run(Command& command, const posix_spawn_file_actions_t& files) {
  std::vector<char*> argv;
  for (std::size_t i = 1; i < command.words.size(); ++i) argv.push_back(command.words[i].data());
  argv.push_back(nullptr);
  const double begin = now_us();
  pid_t pid = 0;
  if (::posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ) != 0) {
    command.status = 127;
    return;
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  command.microseconds.push_back(now_us() - begin);
  command.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (rounds <= 0) {
    std::fputs("Usage: spawn ROUNDS < LIST\n", stderr);
    return 2;
  }
  std::vector<Command> commands;
  for (std::string line; std::getline(std::cin, line);) {
    Command command;
    std::size_t begin = 0;
    while (true) {
      const std::size_t end = line.find('\t', begin);
      command.words.push_back(line.substr(begin, end - begin));
      if (end == std::string::npos) break;
      begin = end + 1;
    }
    if (command.words.size() >= 2) commands.push_back(std::move(command));
  }
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  for (int round = 0; round < rounds; ++round) {
    for (Command& command : commands) run(command, files);
  }
  for (Command& command : commands) {
    std::sort(command.microseconds.begin(), command.microseconds.end());
    const double median =
        command.microseconds.empty() ? 0 : command.microseconds[command.microseconds.size() / 2];
    std::printf("%s\t%.0f\t%d\n", command.words[0].c_str(), median, command.status);
  }
}
