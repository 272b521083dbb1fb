// fake_engine SOCKET ID [ARCHIVE]: a Docker Engine that knows one running container, at 127.0.0.1,
// a network "bench" beside its own, and an image of which any file is in ARCHIVE (tar). Answers
// what the daemon, the triggers and the subcommands ask, and forgets what it is told to make or
// remove.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

namespace {

struct Known {
  std::string container;
  std::string archive;
};

std::string answer(std::string_view status, std::string_view body) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: application/json\r\nConnection: close\r\n");
  text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return text.append(body);
}

std::string network(const std::string& name, const std::string& labels) {
  return R"({"Name":")" + name + R"(","Id":"id-of-)" + name +
         R"(","Driver":"bridge","Scope":"local","Created":"2026-01-01T00:00:00Z",)"
         R"("IPAM":{"Config":[]},"Containers":{},"Options":{},"Labels":{)" +
         labels + "}}";
}

std::string answer_to(std::string_view request, const Known& known) {
  const std::string settings =
      R"("NetworkSettings":{"Networks":{"bridge":{"IPAddress":"127.0.0.1"}},"Ports":{}},)"
      R"("HostConfig":{"NetworkMode":"default"})";
  const auto is = [&](const std::string& start) { return request.starts_with(start); };
  if (is("GET /containers/json?all=1")) return answer("200 OK", "[]");  // what a look left behind
  if (is("GET /containers/json")) {
    return answer("200 OK", R"([{"Id":")" + known.container +
                                R"(","Names":["/app.web.1"],"State":"running","Labels":{},)" +
                                settings + "}]");
  }
  if (is("GET /containers/" + known.container)) {
    return answer("200 OK", R"({"Id":")" + known.container +
                                R"(","Name":"/app.web.1","State":{"Status":"running"},)"
                                R"("Config":{"Labels":{}},)" +
                                settings + "}");
  }
  if (is("GET /networks")) {
    return answer("200 OK", "[" + network("bridge", "") + "," + network("host", "") + "," +
                                network("bench", R"("com.dokku.network-name":"bench")") + "]");
  }
  if (is("GET /images/")) return answer("200 OK", R"({"Config":{"WorkingDir":"/"}})");
  if (is("GET /containers/look/archive")) {
    std::ifstream in(known.archive, std::ios::binary);
    return answer("200 OK", std::string(std::istreambuf_iterator<char>(in), {}));
  }
  if (is("POST /containers/create")) return answer("201 Created", R"({"Id":"look"})");
  if (is("POST /networks/create")) return answer("201 Created", R"({"Id":"id-of-new"})");
  if (is("POST ") || is("DELETE ")) return answer("200 OK", "");
  return answer("404 Not Found", R"({"message":"No such object"})");
}

void send_all(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) std::perror("fake_engine: send");
}

void serve(int fd, const Known& known) {
  std::string request;
  char buffer[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    request.append(buffer, static_cast<std::size_t>(got));
  }
  if (request.starts_with("GET /events")) {
    send_all(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    pollfd gone{fd, POLLIN | POLLRDHUP, 0};
    ::poll(&gone, 1, -1);
  } else {
    send_all(fd, answer_to(request, known));
    ::shutdown(fd, SHUT_WR);
    while (::recv(fd, buffer, sizeof buffer, 0) > 0) {  // a body that was sent with it
    }
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4 || std::strlen(argv[1]) >= sizeof(sockaddr_un::sun_path)) {
    std::fputs("Usage: fake_engine SOCKET ID [ARCHIVE]\n", stderr);
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
  const Known known{argv[2], argc == 4 ? argv[3] : "/dev/null"};
  while (true) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(serve, fd, known).detach();
  }
}
