#include "forwarder/metrics_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>

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
  explicit MetricsHandler(const Manager& manager) : manager_(manager) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const bool known = request.getMethod() == "GET" && request.getURI() == "/metrics";
    const std::string body = known ? metrics_text(manager_) : "See /metrics\n";
    response.setStatus(known ? net::HTTPResponse::HTTP_OK : net::HTTPResponse::HTTP_NOT_FOUND);
    response.setContentType("text/plain; version=0.0.4");
    response.sendBuffer(body.data(), body.size());
  }

 private:
  const Manager& manager_;
};

class HandlerFactory : public net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(const Manager& manager) : manager_(manager) {}

  net::HTTPRequestHandler* createRequestHandler(
      const net::HTTPServerRequest& /*request*/) override {
    return new MetricsHandler(manager_);
  }

 private:
  const Manager& manager_;
};

}  // namespace

MetricsServer::MetricsServer(std::uint16_t port, const Manager& manager) {
  auto parameters = Poco::AutoPtr<net::HTTPServerParams>(new net::HTTPServerParams);
  parameters->setMaxThreads(kThreads);
  parameters->setMaxQueued(kQueuedRequests);
  parameters->setTimeout(Poco::Timespan(kTimeoutSeconds, 0));
  parameters->setKeepAlive(false);
  try {
    const net::ServerSocket socket(net::SocketAddress("127.0.0.1", port));
    server_ = std::make_unique<net::HTTPServer>(new HandlerFactory(manager), socket, parameters);
    server_->start();
  } catch (const Poco::Exception& error) {
    throw Error("Cannot listen on 127.0.0.1:{}: {}", port,
                error.code() > 0 ? errno_text(error.code()) : error.displayText());
  }
}

MetricsServer::~MetricsServer() { server_->stopAll(true); }

std::uint16_t MetricsServer::port() const { return server_->port(); }

}  // namespace netports
