// One file out of an image, without running anything of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "docker/engine.h"

namespace netports {

/// Containers made to look into images carry this label; its value says for whom.
inline constexpr const char* kImageFileLabel = "com.dokku.image-file-for";

/// How old such a container is before it counts as left behind by a killed run.
inline constexpr std::chrono::seconds kImageFileLeftover{300};

/// The content of the app's file `name` in `image`, nothing when the image has none. It is looked
/// for where Dokku looks [§3.3]: /workspace in images of Cloud Native Buildpacks, /app in those of
/// herokuish, else the image's working directory. `builder`: what Dokku says it was built with, may
/// be empty. `owner`: the app, for the label.
/// Errors: EngineError, Error "Unable to read <path> in <image>: …" for anything but a regular file
/// of at most `max_bytes`.
/// Source: Engine API, GET /containers/<id>/archive of a container that is never started. It is
/// removed in every case; one that a killed run left is removed by the next.
std::optional<std::string> read_image_file(const Engine& engine, const std::string& image,
                                           const std::string& builder, const std::string& name,
                                           std::size_t max_bytes, const std::string& owner);

}  // namespace netports
