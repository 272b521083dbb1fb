#include "base/fingerprint.h"

#include <fmt/core.h>

#include <cstdint>

#include "base/error.h"
#include "base/file.h"

namespace netports {

namespace {

/// No program of ours is so large, not even one built with a sanitizer.
constexpr std::size_t kMaxBytes = 256U << 20U;

}  // namespace

std::string fingerprint_of(const std::string& path) {
  try {
    const auto content = read_file(path, kMaxBytes);
    if (!content) return "";
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char byte : *content) {
      hash ^= static_cast<unsigned char>(byte);
      hash *= 0x100000001b3;
    }
    return fmt::format("{:016x}", hash);
  } catch (const Error&) {
    return "";
  }
}

}  // namespace netports
