#include "docker/endpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "docker/json.h"

namespace netports {

namespace {

constexpr std::string_view kDefaultSocket = "/var/run/docker.sock";

/// The endpoint URL of a docker context. Source: the CLI's context store, one folder a context
/// below contexts/meta, each with a meta.json that says whose it is.
std::string context_url(const Environment& env) {
  const std::string store = env.docker_config + "/contexts/meta";
  for (const auto& entry : directory_entries(store)) {
    const auto content = read_file(store + "/" + entry + "/meta.json");
    if (!content) continue;
    const auto meta = json::parse_object(*content, store + "/" + entry + "/meta.json");
    if (json::text(meta, "Name") != env.docker_context) continue;
    return json::text(json::object(json::object(meta, "Endpoints"), "docker"), "Host");
  }
  throw Error("Unable to find the docker context {} in {}", env.docker_context, store);
}

}  // namespace

std::string EngineEndpoint::url() const {
  return path.empty() ? fmt::format("tcp://{}:{}", host, port) : "unix://" + path;
}

EngineEndpoint EngineEndpoint::parse(const std::string& url) {
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kTcp = "tcp://";
  EngineEndpoint endpoint;
  if (url.starts_with(kUnix) && url.size() > kUnix.size()) {
    endpoint.path = url.substr(kUnix.size());
    return endpoint;
  }
  if (url.starts_with(kTcp)) {
    const std::string rest = url.substr(kTcp.size(), url.find('/', kTcp.size()) - kTcp.size());
    const auto colon = rest.find_last_of(':');
    const auto port = colon == std::string::npos
                          ? std::nullopt
                          : parse_number(std::string_view(rest).substr(colon + 1), 65535);
    if (port && colon > 0) {
      endpoint.host = rest.substr(0, colon);
      endpoint.port = static_cast<std::uint16_t>(*port);
      return endpoint;
    }
  }
  throw Error(
      "Unable to use the Docker endpoint {}: Only unix://<path> and tcp://<host>:<port> are known",
      printable(url));
}

EngineEndpoint EngineEndpoint::of(const Environment& env) {
  if (!env.docker_host.empty()) return parse(env.docker_host);
  if (!env.docker_context.empty() && env.docker_context != "default") {
    return parse(context_url(env));
  }
  EngineEndpoint endpoint;
  endpoint.path = kDefaultSocket;
  return endpoint;
}

}  // namespace netports
