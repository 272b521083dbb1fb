// backend PORT: the application behind the forwarders. One thread, level-triggered epoll, about as
// little work per message as a server can do, so that the forwarder in front of it shows.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/protocol.h"

using bench::Kind;
using bench::Request;

namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

struct Client {
  int fd = -1;
  Kind kind = Kind::reply;
  Request request;
  std::size_t request_bytes = 0;
  std::size_t to_send = 0;
  bool bulk = false;
  bool waits_for_room = false;
};

class Backend {
 public:
  explicit Backend(std::uint16_t port)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        buffer_(bench::kLargestReply, 'x') {
    const int one = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 4096) != 0) {
      std::perror("backend: listen");
      std::exit(1);
    }
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
  }

  [[noreturn]] void serve() {
    epoll_event events[256];
    while (true) {
      const int count = ::epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        auto* client = static_cast<Client*>(events[i].data.ptr);
        if (client == nullptr) {
          accept_all();
        } else if (!handle(*client, events[i].events)) {
          ::close(client->fd);
          delete client;
        }
      }
    }
  }

 private:
  void watch(int operation, int fd, std::uint32_t events, void* data) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = data;
    ::epoll_ctl(epoll_, operation, fd, &event);
  }

  void accept_all() {
    for (int i = 0; i < 64; ++i) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      auto* client = new Client;
      client->fd = fd;
      watch(EPOLL_CTL_ADD, fd, EPOLLIN, client);
    }
  }

  /// False when the connection is over.
  bool handle(Client& client, std::uint32_t events) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return false;
    if (client.bulk && client.kind == Kind::source) return send_some(client);
    if (client.to_send > 0) return send_some(client);
    if (client.bulk) {
      const ssize_t got = ::recv(client.fd, buffer_.data(), kBufferBytes, 0);
      return got > 0 || (got < 0 && errno == EAGAIN);
    }
    auto* into = reinterpret_cast<char*>(&client.request) + client.request_bytes;
    const ssize_t got = ::recv(client.fd, into, sizeof(Request) - client.request_bytes, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    client.request_bytes += static_cast<std::size_t>(got);
    if (client.request_bytes < sizeof(Request)) return true;
    client.request_bytes = 0;
    client.kind = client.request.kind;
    client.bulk = client.kind == Kind::sink || client.kind == Kind::source;
    client.to_send = std::min(client.request.reply_bytes, bench::kLargestReply);
    if (client.kind == Kind::sink) return true;
    if (client.kind == Kind::source) client.to_send = kBufferBytes;
    return send_some(client);
  }

  bool send_some(Client& client) {
    const ssize_t sent = ::send(client.fd, buffer_.data(), client.to_send, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (client.kind == Kind::source) {
      set_waiting(client, true);
      return true;
    }
    client.to_send -= static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    if (client.to_send == 0 && client.kind == Kind::reply_and_close) return false;
    set_waiting(client, client.to_send > 0);
    return true;
  }

  void set_waiting(Client& client, bool waits) const {
    if (client.waits_for_room == waits) return;
    client.waits_for_room = waits;
    watch(EPOLL_CTL_MOD, client.fd, waits ? EPOLLOUT : EPOLLIN, &client);
  }

  const int epoll_;
  const int listener_;
  std::vector<char> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 2 ? std::atoi(argv[1]) : 0;
  if (port <= 0 || port > 65535) {
    std::fputs("Usage: backend PORT\n", stderr);
    return 2;
  }
  Backend(static_cast<std::uint16_t>(port)).serve();
}
