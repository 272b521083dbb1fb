#include "docker/engine.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/URI.h>
#include <poll.h>

#include <memory>

#include "base/text.h"

namespace netports {

namespace {

using Clock = std::chrono::steady_clock;
namespace net = Poco::Net;

constexpr std::size_t kMaxBodyBytes = 64 << 20;
constexpr std::size_t kMaxLineBytes = 1 << 20;

Poco::Timespan timespan(std::chrono::milliseconds duration) {
  return Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

/// Poco names the class of the failure in displayText(); the cause alone is what a user wants.
std::string cause_of(const Poco::Exception& error) {
  if (dynamic_cast<const Poco::TimeoutException*>(&error) != nullptr) return "It does not answer";
  if (error.code() > 0) return errno_text(error.code());
  return std::string(printable(error.message().empty() ? error.name() : error.message()));
}

std::unique_ptr<net::HTTPClientSession> connect(const EngineEndpoint& endpoint,
                                                std::chrono::milliseconds timeout) {
  net::StreamSocket socket;
  const net::SocketAddress address =
      endpoint.path.empty() ? net::SocketAddress(endpoint.host, endpoint.port)
                            : net::SocketAddress(net::SocketAddress::UNIX_LOCAL, endpoint.path);
  socket.connect(address, timespan(timeout));
  socket.setSendTimeout(timespan(timeout));
  socket.setReceiveTimeout(timespan(timeout));
  return std::make_unique<net::HTTPClientSession>(socket);
}

/// Poco's own poll makes and closes an epoll descriptor on every call.
bool readable_within(const net::StreamSocket& socket, std::chrono::milliseconds time) {
  pollfd polled{socket.impl()->sockfd(), POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(time.count())) != 0;
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

/// Ends soon after `max_bytes`, so that the caller sees that there was more.
std::string read_body(std::istream& in, std::size_t max_bytes, Clock::time_point deadline) {
  std::string body;
  char buffer[16384];
  while (in && body.size() <= max_bytes) {
    in.read(buffer, sizeof buffer);
    body.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (Clock::now() > deadline) throw Error("It does not answer in time");
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
  const auto deadline = Clock::now() + timeout_;
  net::HTTPResponse response;
  std::string answer;
  try {
    const auto session = connect(endpoint_, timeout_);
    net::HTTPRequest request(method, path, net::HTTPMessage::HTTP_1_1);
    request.setHost("docker");
    request.setKeepAlive(false);
    if (!body.empty()) request.setContentType("application/json");
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    session->sendRequest(request) << body;
    answer = read_body(session->receiveResponse(response), max_bytes, deadline);
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

void Engine::stream(const std::string& path, std::chrono::milliseconds idle,
                    const std::function<bool(const std::string& line)>& on_line) const {
  try {
    const auto session = connect(endpoint_, timeout_);
    net::HTTPRequest request("GET", path, net::HTTPMessage::HTTP_1_1);
    request.setHost("docker");
    session->sendRequest(request);
    net::HTTPResponse response;
    std::istream& in = session->receiveResponse(response);
    if (response.getStatus() >= 400) {
      const int status = response.getStatus();
      throw EngineError(status,
                        error_message(read_body(in, 4096, Clock::now() + timeout_), status));
    }
    std::string line;
    while (true) {
      // Idle time is waited for outside the stream: a timeout inside would end it for good.
      if (in.rdbuf()->in_avail() <= 0 && !readable_within(session->socket(), idle)) {
        if (!on_line("")) return;
        continue;
      }
      const int c = in.get();
      if (c == std::char_traits<char>::eof()) return;
      if (c != '\n') {
        line += static_cast<char>(c);
        if (line.size() > kMaxLineBytes)
          throw Error("An event is larger than {} bytes", kMaxLineBytes);
      } else if (!line.empty()) {
        if (!on_line(line)) return;
        line.clear();
      }
    }
  } catch (const Poco::Exception& error) {
    throw Error("Unable to follow the Docker Engine at {}: {}", endpoint_.url(), cause_of(error));
  }
}

}  // namespace netports
