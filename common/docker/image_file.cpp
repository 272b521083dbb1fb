#include "docker/image_file.h"

#include <algorithm>
#include <ctime>

#include "base/text.h"
#include "docker/tar.h"

namespace netports {

namespace {

/// Room for the headers in front of the file and the padding behind it.
constexpr std::size_t kTarOverheadBytes = 64 << 10;

std::string app_directory_in(const json::Object& image, const std::string& builder) {
  const auto config = json::object(image, "Config");
  const auto labels = json::object(config, "Labels");
  if (!json::text(labels, "io.buildpacks.stack.id").empty() || builder == "pack") {
    return "/workspace";
  }
  const auto environment = json::texts(json::array(config, "Env"));
  if (builder == "herokuish" || json::text(labels, "com.dokku.builder-type") == "herokuish" ||
      std::find(environment.begin(), environment.end(), "USER=herokuishuser") !=
          environment.end()) {
    return "/app";
  }
  const std::string directory = json::text(config, "WorkingDir");
  return directory.empty() ? "/" : directory;
}

void remove_container(const Engine& engine, const std::string& id) {
  // v=1: an image with a VOLUME got an anonymous one with the container.
  engine.request("DELETE", "/containers/" + Engine::encode(id) + "?force=1&v=1");
}

/// A container of an image, created and never started, that goes with the object.
class LookContainer {
 public:
  LookContainer(const Engine& engine, const std::string& image, const std::string& owner)
      : engine_(engine) {
    // An image without a command is refused unless one is given; it is never run.
    const std::string body =
        fmt::format(R"({{"Image":{},"Entrypoint":[],"Cmd":["true"],"Labels":{{"{}":{}}},)"
                    R"("HostConfig":{{"NetworkMode":"none"}}}})",
                    json_quote(image), kImageFileLabel, json_quote(owner));
    const auto answer = json::parse_object(engine.request("POST", "/containers/create", body),
                                           "the Docker Engine's answer");
    id_ = json::text(answer, "Id");
    if (id_.empty()) throw Error("Unable to create a container of {}: It got no id", image);
  }
  LookContainer(const LookContainer&) = delete;
  LookContainer& operator=(const LookContainer&) = delete;
  ~LookContainer() {
    try {
      remove_container(engine_, id_);
    } catch (const std::exception&) {  // stays for the next run's remove_leftovers
    }
  }

  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  const Engine& engine_;
  std::string id_;
};

void remove_leftovers(const Engine& engine) {
  const std::string filter =
      fmt::format(R"({{"label":["{}"],"status":["created"]}})", kImageFileLabel);
  const auto created_before = std::time(nullptr) - kImageFileLeftover.count();
  for (const auto& container : json::objects(
           engine.get_array("/containers/json?all=1&filters=" + Engine::encode(filter)))) {
    if (json::number(container, "Created") >= created_before) continue;
    try {
      remove_container(engine, json::text(container, "Id"));
    } catch (const EngineError&) {  // another run was quicker
    }
  }
}

}  // namespace

std::optional<std::string> read_image_file(const Engine& engine, const std::string& image,
                                           const std::string& builder, const std::string& name,
                                           std::size_t max_bytes, const std::string& owner) {
  remove_leftovers(engine);
  const auto inspected = engine.get_object("/images/" + Engine::encode(image) + "/json");
  std::string path = app_directory_in(inspected, builder);
  if (!path.ends_with('/')) path += '/';
  path += name;
  const LookContainer container(engine, image, owner);
  const std::string url = "/containers/" + Engine::encode(container.id());
  std::string archive;
  try {
    archive = engine.first_bytes(url + "/archive?path=" + Engine::encode(path),
                                 max_bytes + kTarOverheadBytes);
  } catch (const EngineError& error) {
    if (error.http_status() != 404) throw;
    // 404 is said of a missing container too, and that must not read as a missing file.
    (void)engine.get_object(url + "/json");
    return {};
  }
  try {
    return first_tar_file(archive, max_bytes);
  } catch (const Error& error) {
    throw Error("Unable to read {} in {}: {}", path, image, error.what());
  }
}

}  // namespace netports
