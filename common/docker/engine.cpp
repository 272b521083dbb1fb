#include "docker/engine.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>

#include "base/text.h"
#include "docker/deadline_socket.h"

namespace netports {

namespace {

namespace net = Poco::Net;

constexpr std::size_t kMaxBodyBytes = 64 << 20;
constexpr std::size_t kMaxLineBytes = 1 << 20;

/// One exchange with the Engine: a deadline for all of it, or, once it streams, a glance at `go_on`
/// now and then.
class EngineSocket : public DeadlineSocket {
 public:
  using DeadlineSocket::DeadlineSocket;
  using GoOn = std::function<bool()>;

  /// From now on there is no deadline. Reading asks `go_on` before it waits, and again after each
  /// `interval` of waiting; on false it finds the end.
  void stream(std::chrono::milliseconds interval, GoOn go_on) {
    interval_ = interval;
    go_on_ = std::move(go_on);
  }

 private:
  bool await_bytes() override {
    if (!go_on_) return DeadlineSocket::await_bytes();
    while (go_on_()) {
      if (readable_within(interval_)) return true;
    }
    return false;
  }

  std::chrono::milliseconds interval_{};
  GoOn go_on_;
};

/// Poco names the class of the failure in displayText(); the cause alone is what a user wants.
std::string cause_of(const Poco::Exception& error) {
  if (dynamic_cast<const Poco::TimeoutException*>(&error) != nullptr) return "It does not answer";
  if (error.code() > 0) return errno_text(error.code());
  return std::string(printable(error.message().empty() ? error.name() : error.message()));
}

/// Connects `impl`, which the socket owns.
net::StreamSocket connect(EngineSocket* impl, const EngineEndpoint& endpoint,
                          std::chrono::milliseconds timeout) {
  net::StreamSocket socket(impl);
  const net::SocketAddress address =
      endpoint.path.empty() ? net::SocketAddress(endpoint.host, endpoint.port)
                            : net::SocketAddress(net::SocketAddress::UNIX_LOCAL, endpoint.path);
  socket.connect(address, std::chrono::microseconds(timeout).count());
  return socket;
}

std::string error_message(const std::string& body, int status) {
  try {
    const auto message = json::text(json::parse_object(body, "the answer"), "message");
    if (!message.empty()) return printable(trim(message), 1000);
  } catch (const Error&) {  // no JSON: a proxy's page, say
  }
  const auto text = trim(body);
  return text.empty() ? fmt::format("The Docker Engine answered with status {}", status)
                      : printable(text, 200);
}

/// The answer's body. What goes wrong in reading it throws instead of looking like its end.
std::istream& receive(net::HTTPClientSession& session, net::HTTPResponse& response) {
  std::istream& in = session.receiveResponse(response);
  in.exceptions(std::ios::badbit);
  return in;
}

/// Ends soon after `max_bytes`, so that the caller sees that there was more.
std::string read_body(std::istream& in, std::size_t max_bytes) {
  std::string body;
  char buffer[16384];
  while (in && body.size() <= max_bytes) {
    in.read(buffer, sizeof buffer);
    body.append(buffer, static_cast<std::size_t>(in.gcount()));
  }
  return body;
}

}  // namespace

std::string Engine::encode(const std::string& text) {
  std::string out;
  Poco::URI::encode(text, "!*'();:@&=+$,/?#[]%\"<>\\^`{|} ", out);
  return out;
}

std::string Engine::request(const std::string& method, const std::string& path,
                            const std::string& body) const {
  return exchange(method, path, body, kMaxBodyBytes, Excess::refuse);
}

std::string Engine::first_bytes(const std::string& path, std::size_t max_bytes) const {
  return exchange("GET", path, "", max_bytes, Excess::drop);
}

std::string Engine::exchange(const std::string& method, const std::string& path,
                             const std::string& body, std::size_t max_bytes, Excess excess) const {
  net::HTTPResponse response;
  std::string answer;
  try {
    auto* socket = new EngineSocket(EngineSocket::Clock::now() + timeout_);
    net::HTTPClientSession session(connect(socket, endpoint_, timeout_));
    net::HTTPRequest request(method, path, net::HTTPMessage::HTTP_1_1);
    request.setHost("docker");
    request.setKeepAlive(false);
    if (!body.empty()) request.setContentType("application/json");
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    session.sendRequest(request) << body;
    answer = read_body(receive(session, response), max_bytes);
    if (answer.size() > max_bytes) {
      if (excess == Excess::refuse) throw Error("The answer is larger than {} bytes", max_bytes);
      answer.resize(max_bytes);
    }
  } catch (const Poco::Exception& error) {
    throw Error("Unable to ask the Docker Engine at {}: {}", endpoint_.url(), cause_of(error));
  } catch (const Error& error) {
    throw Error("Unable to ask the Docker Engine at {}: {}", endpoint_.url(), error.what());
  }
  const int status = response.getStatus();
  if (status >= 400) throw EngineError(status, error_message(answer, status));
  return answer;
}

json::Object Engine::get_object(const std::string& path) const {
  return json::parse_object(request("GET", path), "the Docker Engine's answer");
}

json::Array Engine::get_array(const std::string& path) const {
  return json::parse_array(request("GET", path), "the Docker Engine's answer");
}

void Engine::stream(const std::string& path, std::chrono::milliseconds glance,
                    const std::function<bool(const std::string& line)>& on_line) const {
  try {
    auto* socket = new EngineSocket(EngineSocket::Clock::now() + timeout_);
    net::HTTPClientSession session(connect(socket, endpoint_, timeout_));
    net::HTTPRequest request("GET", path, net::HTTPMessage::HTTP_1_1);
    request.setHost("docker");
    session.sendRequest(request);
    net::HTTPResponse response;
    std::istream& in = receive(session, response);
    if (response.getStatus() >= 400) {
      const int status = response.getStatus();
      throw EngineError(status, error_message(read_body(in, 4096), status));
    }
    socket->stream(glance, [&] { return on_line(""); });
    std::string line;
    for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
      if (c != '\n') {
        if (line.size() <= kMaxLineBytes) line += static_cast<char>(c);
        continue;
      }
      // One that is too long is of a container with labels without end: that container's loss
      // alone.
      if (!line.empty() && line.size() <= kMaxLineBytes && !on_line(line)) return;
      line.clear();
    }
  } catch (const Poco::Exception& error) {
    throw Error("Unable to follow the Docker Engine at {}: {}", endpoint_.url(), cause_of(error));
  }
}

}  // namespace netports
