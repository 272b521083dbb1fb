// Files that other programs read while we write them: whole, or not there.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace netports {

/// User and group that a written file shall have.
struct Owner {
  uid_t user;
  gid_t group;
};

/// The content of the regular file `path`; nothing when it is missing. A symlink as the last
/// component is followed only when `follow` says so.
/// Errors: Error when it is no regular file, cannot be read or has more than `max_bytes`.
std::optional<std::string> read_file(const std::string& path, std::size_t max_bytes = 1 << 20,
                                     bool follow = true);

/// Replaces `path` by a file with `content` and `mode`: temp file in the same directory, rename.
/// Readers see the old or the new content. A temp file of a killed writer is taken over.
/// Errors: Error naming `path`; the old file is untouched.
void write_file(const std::string& path, std::string_view content, mode_t mode,
                std::optional<Owner> owner = {});

/// Removes the file or link `path`; false when there was none. Errors: Error naming `path`.
bool remove_file(const std::string& path);

/// Renames within one file system, replacing `to`. Errors: Error naming both.
void rename_file(const std::string& from, const std::string& to);

/// Makes `path` and its missing parents, all with `mode` and `owner`, and never there without.
void make_directories(const std::string& path, mode_t mode, std::optional<Owner> owner = {});

/// Names in the directory `path` in byte order, without "." and ".."; empty when it is missing.
std::vector<std::string> directory_entries(const std::string& path);

bool is_directory(const std::string& path);
bool is_regular_file(const std::string& path);

/// An exclusive lock (flock) that ends with the object or the process.
class FileLock {
 public:
  /// Errors: Error when the lock is not had within `timeout`, or the file cannot be made.
  FileLock(const std::string& path, std::chrono::milliseconds timeout,
           std::optional<Owner> owner = {});

 private:
  UniqueFd fd_;
};

}  // namespace netports
