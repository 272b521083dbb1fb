// Prometheus' door: the metrics over HTTP on a loopback port, when the operator asked for one.
#pragma once

#include <cstdint>
#include <memory>

#include "forwarder/generations.h"
#include "forwarder/manager.h"

namespace Poco {
class ThreadPool;
namespace Net {
class HTTPServer;
}
}  // namespace Poco

namespace netports {

class MetricsServer {
 public:
  /// Answers GET and HEAD of /metrics on 127.0.0.1:`port`; 0 lets the kernel choose.
  /// Errors: Error "Cannot listen on 127.0.0.1:<port>: <reason>".
  MetricsServer(std::uint16_t port, const Manager& manager, const Generations& older);
  ~MetricsServer();

  [[nodiscard]] std::uint16_t port() const;

 private:
  std::unique_ptr<Poco::ThreadPool> threads_;  // its own: it can be waited for
  std::unique_ptr<Poco::Net::HTTPServer> server_;
};

}  // namespace netports
