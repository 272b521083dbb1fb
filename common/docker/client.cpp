#include "docker/client.h"

#include <algorithm>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

namespace netports {

namespace {

constexpr std::chrono::milliseconds kTimeout{30'000};
constexpr int kNotFound = 404;

/// What can be a container's id or name; all else is none, and is not asked for.
bool is_container_name(const std::string& id) {
  return !id.empty() && id.size() <= 255 && id[0] != '-' && id[0] != '.' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

void sort_by_name(std::vector<Network>& networks) {
  std::sort(networks.begin(), networks.end(), [](const Network& a, const Network& b) {
    return a.name != b.name ? a.name < b.name : a.id < b.id;
  });
}

/// The Engine's own words as the docker CLI introduces them, which scripts may know.
Error refusal(const std::string& message) { return {"Error response from daemon: {}", message}; }

template <typename Question>
auto asked(const Question& question) {
  try {
    return question();
  } catch (const EngineError& error) {
    throw refusal(error.what());
  }
}

class ApiClient : public DockerClient {
 public:
  explicit ApiClient(const Environment& env) : engine_(env, kTimeout) {}

  std::vector<Network> networks() override {
    return asked([&] {
      std::vector<Network> found;
      for (const auto& entry : json::objects(engine_.get_array("/networks"))) {
        found.push_back(parse_network(entry));
      }
      sort_by_name(found);
      return found;
    });
  }

  void create_network(const NetworkSpec& spec) override {
    asked([&] { return engine_.request("POST", "/networks/create", spec.to_json()); });
  }

  void remove_network(const std::string& id) override {
    asked([&] { return engine_.request("DELETE", "/networks/" + Engine::encode(id)); });
  }

  void connect(const std::string& network_id, const std::string& container_id,
               const std::vector<std::string>& aliases) override {
    std::vector<std::string> quoted;
    quoted.reserve(aliases.size());
    for (const auto& alias : aliases) quoted.push_back(json_quote(alias));
    const std::string body =
        fmt::format(R"({{"Container":{},"EndpointConfig":{{"Aliases":[{}]}}}})",
                    json_quote(container_id), join(quoted, ","));
    asked([&] {
      return engine_.request("POST", "/networks/" + Engine::encode(network_id) + "/connect", body);
    });
  }

  std::vector<Container> running_containers() override {
    return asked([&] { return netports::running_containers(engine_); });
  }

  std::optional<Container> find_container(const std::string& id) override {
    if (!is_container_name(id)) return {};
    return asked([&]() -> std::optional<Container> {
      try {
        return inspect_container(engine_, id);
      } catch (const EngineError& error) {
        if (error.http_status() == kNotFound) return {};
        throw;
      }
    });
  }

 private:
  Engine engine_;
};

/// What a failed docker command wrote, as one line and without the status newer ones add.
std::string cause_of(const ProcessResult& result) {
  std::vector<std::string> lines;
  for (const auto line : split(result.err, '\n')) {
    const auto text = trim(line);
    if (!text.empty() && !text.starts_with("exit status ")) lines.push_back(printable(text, 1000));
  }
  return lines.empty() ? fmt::format("exit status {}", result.status) : join(lines, "; ");
}

/// Whether all that a failed docker inspect says is that something does not exist.
bool tells_of_gone(const std::string& err) {
  bool told = false;
  for (const auto line : split(err, '\n')) {
    const auto text = trim(line);
    if (text.empty() || text.starts_with("exit status ")) continue;
    if (text.find("No such ") == std::string_view::npos && !text.ends_with(" not found")) {
      return false;
    }
    told = true;
  }
  return told;
}

class CommandClient : public DockerClient {
 public:
  explicit CommandClient(std::string program) : program_(std::move(program)) {}

  std::vector<Network> networks() override {
    std::vector<Network> found;
    for (const auto& entry : inspected({"network", "ls", "--quiet", "--no-trunc"}, "network")) {
      found.push_back(parse_network(entry));
    }
    sort_by_name(found);
    return found;
  }

  void create_network(const NetworkSpec& spec) override { run(spec.to_words()); }

  void remove_network(const std::string& id) override { run({"network", "rm", "--", id}); }

  void connect(const std::string& network_id, const std::string& container_id,
               const std::vector<std::string>& aliases) override {
    std::vector<std::string> words{"network", "connect"};
    for (const auto& alias : aliases) words.push_back("--alias=" + alias);
    words.insert(words.end(), {"--", network_id, container_id});
    run(words);
  }

  std::vector<Container> running_containers() override {
    std::vector<Container> found;
    for (const auto& entry : inspected({"container", "ls", "--quiet", "--no-trunc"}, "container")) {
      found.push_back(parse_inspected(entry));
    }
    return found;
  }

  std::optional<Container> find_container(const std::string& id) override {
    if (!is_container_name(id)) return {};
    const ProcessResult result = called({"container", "inspect", "--", id});
    if (result.status != 0) {
      if (result.err.find("No such container") != std::string::npos) return {};
      throw Error(cause_of(result));
    }
    const auto found = json::objects(json::parse_array(result.out, program_ + "'s answer"));
    if (found.empty()) return {};
    return parse_inspected(found[0]);
  }

 private:
  [[nodiscard]] ProcessResult called(std::vector<std::string> words) const {
    words.insert(words.begin(), program_);
    return run_process(words, kTimeout);
  }

  std::string run(const std::vector<std::string>& words) const {
    const ProcessResult result = called(words);
    if (result.status != 0) throw Error(cause_of(result));
    return result.out;
  }

  /// Everything that `listing` names. What has gone since the listing was made does not count, so
  /// a status of inspect that tells of just that does not either; any other failure does.
  [[nodiscard]] std::vector<json::Object> inspected(const std::vector<std::string>& listing,
                                                    const std::string& kind) const {
    std::vector<std::string> words{kind, "inspect", "--"};
    const std::string ids = run(listing);
    for (const auto line : split(ids, '\n')) {
      if (!trim(line).empty()) words.emplace_back(trim(line));
    }
    if (words.size() == 3) return {};
    const ProcessResult result = called(words);
    if (result.status != 0 && !tells_of_gone(result.err)) throw Error(cause_of(result));
    return json::objects(json::parse_array(result.out, program_ + "'s answer"));
  }

  std::string program_;
};

}  // namespace

std::unique_ptr<DockerClient> DockerClient::of(const Environment& env) {
  if (env.docker_bin == "docker") return std::make_unique<ApiClient>(env);
  return std::make_unique<CommandClient>(env.docker_bin);
}

const Network* find_network(const std::vector<Network>& networks, const std::string& name) {
  for (const auto& network : networks) {
    if (network.name == name) return &network;
  }
  return nullptr;
}

}  // namespace netports
