// The Docker Engine API over its socket: one HTTP request a question, each with a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/error.h"
#include "docker/endpoint.h"
#include "docker/json.h"

namespace netports {

/// What the Engine answered with a status of 400 or more. what() is its message alone, one line.
class EngineError : public Error {
 public:
  EngineError(int http_status, const std::string& message)
      : Error(message), http_status_(http_status) {}
  [[nodiscard]] int http_status() const { return http_status_; }

 private:
  int http_status_;
};

class Engine {
 public:
  static constexpr std::chrono::milliseconds kDefaultTimeout{10'000};

  explicit Engine(EngineEndpoint endpoint, std::chrono::milliseconds timeout = kDefaultTimeout)
      : endpoint_(std::move(endpoint)), timeout_(timeout) {}
  explicit Engine(const Environment& env, std::chrono::milliseconds timeout = kDefaultTimeout)
      : Engine(EngineEndpoint::of(env), timeout) {}

  /// Sends one request and gives the body, at most 64 MiB. `path` starts with '/' and is already
  /// percent-encoded (see `encode`). `body` is JSON or empty.
  /// Errors: EngineError for a status of 400 or more; Error when the Engine cannot be reached, does
  /// not answer within the timeout, or answers something that is no HTTP.
  std::string request(const std::string& method, const std::string& path,
                      const std::string& body = "") const;

  /// GET of something that may be of any size: its first `max_bytes`. Errors: as `request`.
  std::string first_bytes(const std::string& path, std::size_t max_bytes) const;

  /// GET of a path whose answer is one JSON object (list). Errors: as `request`, and Error when it
  /// is not.
  json::Object get_object(const std::string& path) const;
  json::Array get_array(const std::string& path) const;

  /// GET of an endless stream of JSON lines, of which only the beginning has a deadline. Calls
  /// `on_line` for each, and with "" once it has begun and at least every `glance`, also in the
  /// middle of a line. Passes over a line of more than 1 MiB. Ends when `on_line` gives false or
  /// the Engine closes the stream. Errors: as `request`, and what `on_line` throws.
  void stream(const std::string& path, std::chrono::milliseconds glance,
              const std::function<bool(const std::string& line)>& on_line) const;

  /// `text` percent-encoded for one path segment or query value.
  static std::string encode(const std::string& text);

  [[nodiscard]] const EngineEndpoint& endpoint() const { return endpoint_; }

 private:
  enum class Excess { refuse, drop };
  std::string exchange(const std::string& method, const std::string& path, const std::string& body,
                       std::size_t max_bytes, Excess excess) const;

  EngineEndpoint endpoint_;
  std::chrono::milliseconds timeout_;
};

}  // namespace netports
