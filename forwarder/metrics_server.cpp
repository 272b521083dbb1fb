#include "forwarder/metrics_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include "base/error.h"
#include "forwarder/status.h"

namespace netports {

namespace {

namespace net = Poco::Net;

constexpr int kThreads = 2;
constexpr int kQueuedRequests = 8;
constexpr long kTimeoutSeconds = 10;

class MetricsHandler : public net::HTTPRequestHandler {
 public:
  MetricsHandler(const Manager& manager, const Generations& older)
      : manager_(manager), older_(older) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const bool known = request.getMethod() == "GET" && request.getURI() == "/metrics";
    const std::string body = known ? metrics_text(manager_, older_) : "See /metrics\n";
    response.setStatus(known ? net::HTTPResponse::HTTP_OK : net::HTTPResponse::HTTP_NOT_FOUND);
    response.setContentType("text/plain; version=0.0.4");
    static_cast<net::HTTPServerRequestImpl&>(request).socket().setSendTimeout(
        Poco::Timespan(kTimeoutSeconds, 0));
    response.sendBuffer(body.data(), body.size());
  }

 private:
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
  parameters->setTimeout(Poco::Timespan(kTimeoutSeconds, 0));
  parameters->setKeepAlive(false);
  parameters->setThreadIdleTime(Poco::Timespan(1, 0));  // what an end may have to wait for
  try {
    const net::ServerSocket socket(net::SocketAddress("127.0.0.1", port));
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
