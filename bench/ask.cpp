// ask SOCKET LINE: one request to the daemon's control socket, as a client makes it. Prints the
// milliseconds until the whole answer was there; the answer itself when it is not "ok".
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

namespace {

double now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::strlen(argv[1]) >= sizeof(sockaddr_un::sun_path)) {
    std::fputs("Usage: ask SOCKET LINE\n", stderr);
    return 2;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, argv[1]);
  const std::string line = std::string(argv[2]) + "\n";
  const double begin = now_ms();
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) < 0) {
    std::perror("ask");
    return 1;
  }
  std::string answer;
  char buffer[65536];
  ssize_t got = 0;
  while ((got = ::recv(fd, buffer, sizeof buffer, 0)) > 0) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  std::printf("%.2f\n", now_ms() - begin);
  if (answer.rfind("ok\n", 0) == 0) return 0;
  std::fprintf(stderr, "ask: %s", answer.c_str());
  return 1;
}
