#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <thread>

#include "base/error.h"

namespace netports {

namespace {

/// Root gives a temp file to its owner at once. One that is still root's after this time is of a
/// run that was killed before.
constexpr std::chrono::seconds kForeignTemp{1};

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("Unable to write {}: {}", path, errno_text(errno));
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Where `path` is made before it gets its name. Always the same: what a killed run left behind is
/// used again instead of piling up.
std::string temp_of(const std::string& path) {
  return fmt::format("{}/.{}.tmp", parent_of(path), path.substr(path.find_last_of('/') + 1));
}

/// Opens the temp file of `path`, emptied and locked: the lock says who writes now.
UniqueFd open_temp(const std::string& temp, const std::string& path) {
  const auto stale_at = std::chrono::steady_clock::now() + kForeignTemp;
  while (true) {
    UniqueFd fd(::open(temp.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    const int error = errno;
    struct stat ours {};
    struct stat named {};
    if (!fd && error == EACCES && ::lstat(temp.c_str(), &named) == 0) {
      if (std::chrono::steady_clock::now() < stale_at) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      if (::unlink(temp.c_str()) == 0 || errno == ENOENT) continue;
    }
    if (!fd) throw Error("Unable to write {}: {}", path, errno_text(error));
    if (::flock(fd.get(), LOCK_EX) != 0 || ::fstat(fd.get(), &ours) != 0) {
      throw Error("Unable to write {}: {}", path, errno_text(errno));
    }
    // Another writer may have renamed this very file into place while we waited for the lock.
    if (::stat(temp.c_str(), &named) != 0 || named.st_ino != ours.st_ino) continue;
    if (::ftruncate(fd.get(), 0) != 0)
      throw Error("Unable to write {}: {}", path, errno_text(errno));
    return fd;
  }
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::size_t max_bytes, bool follow) {
  // O_NONBLOCK: a FIFO in place of the file must not hold us up.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
  const UniqueFd fd(::open(path.c_str(), flags));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    if (errno == ELOOP && !follow) throw Error("Unable to read {}: It is a symlink", path);
    throw Error("Unable to read {}: {}", path, errno_text(errno));
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw Error("Unable to read {}: {}", path, errno_text(errno));
  if (!S_ISREG(info.st_mode)) throw Error("Unable to read {}: It is not a regular file", path);
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("Unable to read {}: {}", path, errno_text(errno));
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > max_bytes) {
      throw Error("Unable to read {}: It is larger than {} bytes", path, max_bytes);
    }
    // All there was when it was opened: the usual small file needs no second look for its end.
    if (info.st_size > 0 && content.size() == static_cast<std::size_t>(info.st_size))
      return content;
  }
}

void write_file(const std::string& path, std::string_view content, mode_t mode,
                std::optional<Owner> owner) {
  const std::string temp = temp_of(path);
  UniqueFd fd = open_temp(temp, path);
  try {
    if (::fchmod(fd.get(), mode) != 0)
      throw Error("Unable to write {}: {}", path, errno_text(errno));
    if (owner && ::fchown(fd.get(), owner->user, owner->group) != 0) {
      throw Error("Unable to change the owner of {}: {}", path, errno_text(errno));
    }
    write_all(fd.get(), content, path);
    rename_file(temp, path);
  } catch (...) {
    ::unlink(temp.c_str());
    throw;
  }
}

bool remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw Error("Unable to remove {}: {}", path, errno_text(errno));
}

void rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw Error("Unable to rename {} to {}: {}", from, to, errno_text(errno));
  }
}

void make_directories(const std::string& path, mode_t mode, std::optional<Owner> owner) {
  if (is_directory(path)) return;
  make_directories(parent_of(path), mode, owner);
  // It gets its name last: a run of root that is killed half-way must not lock the owner out.
  const std::string temp = temp_of(path);
  for (bool again = true;; again = false) {
    if ((::mkdir(temp.c_str(), mode) == 0 || errno == EEXIST) && ::chmod(temp.c_str(), mode) == 0 &&
        (!owner || ::chown(temp.c_str(), owner->user, owner->group) == 0) &&
        ::rename(temp.c_str(), path.c_str()) == 0) {
      return;
    }
    const int error = errno;
    ::rmdir(temp.c_str());
    if (is_directory(path)) return;  // another run was quicker
    // Such a run left it, or another one that met it took it away.
    if (again && (error == EPERM || error == ENOENT)) continue;
    throw Error("Unable to make the directory {}: {}", path, errno_text(error));
  }
}

std::vector<std::string> directory_entries(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw Error("Unable to read the directory {}: {}", path, errno_text(errno));
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_regular_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

FileLock::FileLock(const std::string& path, std::chrono::milliseconds timeout,
                   std::optional<Owner> owner)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660)) {
  if (!fd_) throw Error("Unable to open the lock {}: {}", path, errno_text(errno));
  // Only the file's maker may give it away; for all others it already has its owner.
  if (owner) [[maybe_unused]]
    const int given = ::fchown(fd_.get(), owner->user, owner->group);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw Error("Unable to lock {}: {}", path, errno_text(errno));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error("Unable to lock {}: Another command holds it", path);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace netports
