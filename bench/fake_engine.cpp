// fake_engine SOCKET ID: a Docker Engine that knows one running container, at 127.0.0.1. Answers
// the three questions that the daemon and the triggers ask: list, inspect, events.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

namespace {

std::string answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void send_all(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) std::perror("fake_engine: send");
}

void serve(int fd, const std::string& id) {
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    head.append(buffer, static_cast<std::size_t>(got));
  }
  const std::string settings =
      R"("NetworkSettings":{"Networks":{"bridge":{"IPAddress":"127.0.0.1"}},"Ports":{}},)"
      R"("HostConfig":{"NetworkMode":"default"})";
  if (head.find("/containers/json") != std::string::npos) {
    send_all(fd, answer("200 OK", R"([{"Id":")" + id +
                                      R"(","Names":["/app.web.1"],"State":"running","Labels":{},)" +
                                      settings + "}]"));
  } else if (head.find("/containers/" + id) != std::string::npos) {
    send_all(fd, answer("200 OK", R"({"Id":")" + id +
                                      R"(","Name":"/app.web.1","State":{"Status":"running"},)"
                                      R"("Config":{"Labels":{}},)" +
                                      settings + "}"));
  } else if (head.find("/events") != std::string::npos) {
    send_all(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    pollfd gone{fd, POLLIN | POLLRDHUP, 0};
    ::poll(&gone, 1, -1);
  } else {
    send_all(fd, answer("404 Not Found", R"({"message":"No such object"})"));
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::strlen(argv[1]) >= sizeof(sockaddr_un::sun_path)) {
    std::fputs("Usage: fake_engine SOCKET ID\n", stderr);
    return 2;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, argv[1]);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 64) != 0) {
    std::perror("fake_engine: listen");
    return 1;
  }
  const std::string id = argv[2];
  while (true) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(serve, fd, id).detach();
  }
}
