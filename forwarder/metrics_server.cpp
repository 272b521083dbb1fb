#include "forwarder/metrics_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/ThreadPool.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/unique_fd.h"
#include "docker/deadline_socket.h"
#include "forwarder/status.h"

namespace netports {

namespace {

namespace net = Poco::Net;

constexpr int kThreads = 16;  // each may wait for a slow client
constexpr int kQueuedRequests = 64;
constexpr std::chrono::seconds kTimeout{10};  // for all of a client's request and answer

/// What it accepts has a deadline.
class DeadlineListener : public net::ServerSocketImpl {
 public:
  net::SocketImpl* acceptConnection(net::SocketAddress& client) override {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    UniqueFd fd(::accept4(sockfd(), raw, &size, SOCK_CLOEXEC));
    if (!fd) error();
    client = net::SocketAddress(raw, size);
    const auto deadline = DeadlineSocket::Clock::now() + kTimeout;
    return new DeadlineSocket(fd.release(), deadline);  // allocates before it takes the descriptor
  }
};

class ListeningSocket : public net::ServerSocket {
 public:
  explicit ListeningSocket(const net::SocketAddress& address)
      : ServerSocket(new DeadlineListener, true) {
    bind(address, true, false);
    listen();
  }
};

class MetricsHandler : public net::HTTPRequestHandler {
 public:
  MetricsHandler(const Manager& manager, const Generations& older)
      : manager_(manager), older_(older) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const std::string& method = request.getMethod();
    if (request.getURI() != "/metrics") {
      answer(response, net::HTTPResponse::HTTP_NOT_FOUND, "text/plain", "See /metrics\n");
    } else if (method != "GET" && method != "HEAD") {
      response.set("Allow", "GET, HEAD");
      answer(response, net::HTTPResponse::HTTP_METHOD_NOT_ALLOWED, "text/plain",
             "Only GET and HEAD\n");
    } else {
      answer(response, net::HTTPResponse::HTTP_OK, "text/plain; version=0.0.4",
             metrics_text(manager_, older_));
    }
  }

 private:
  /// To HEAD without the body.
  static void answer(net::HTTPServerResponse& response, net::HTTPResponse::HTTPStatus status,
                     const std::string& type, const std::string& body) {
    response.setStatusAndReason(status);
    response.setContentType(type);
    response.sendBuffer(body.data(), body.size());
  }

  const Manager& manager_;
  const Generations& older_;
};

class HandlerFactory : public net::HTTPRequestHandlerFactory {
 public:
  HandlerFactory(const Manager& manager, const Generations& older)
      : manager_(manager), older_(older) {}

  net::HTTPRequestHandler* createRequestHandler(
      const net::HTTPServerRequest& /*request*/) override {
    return new MetricsHandler(manager_, older_);
  }

 private:
  const Manager& manager_;
  const Generations& older_;
};

}  // namespace

MetricsServer::MetricsServer(std::uint16_t port, const Manager& manager, const Generations& older) {
  auto parameters = Poco::AutoPtr<net::HTTPServerParams>(new net::HTTPServerParams);
  parameters->setMaxThreads(kThreads);
  parameters->setMaxQueued(kQueuedRequests);
  parameters->setTimeout(Poco::Timespan(kTimeout.count(), 0));
  parameters->setKeepAlive(false);
  parameters->setThreadIdleTime(Poco::Timespan(1, 0));  // what an end may have to wait for
  try {
    const ListeningSocket socket(net::SocketAddress("127.0.0.1", port));
    threads_ = std::make_unique<Poco::ThreadPool>(1, kThreads);
    server_ = std::make_unique<net::HTTPServer>(new HandlerFactory(manager, older), *threads_,
                                                socket, parameters);
    server_->start();
  } catch (const Poco::Exception& error) {
    throw Error("Cannot listen on 127.0.0.1:{}: {}", port,
                error.code() > 0 ? errno_text(error.code()) : error.displayText());
  }
}

MetricsServer::~MetricsServer() {
  server_->stopAll(true);
  threads_->joinAll();  // an answer under way looks at what is destroyed after this
}

std::uint16_t MetricsServer::port() const { return server_->port(); }

}  // namespace netports
