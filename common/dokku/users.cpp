#include "dokku/users.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/error.h"

namespace netports {

namespace {

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

uid_t user_id(const std::string& name) {
  const File file(std::fopen("/etc/passwd", "re"), std::fclose);
  while (file) {
    const passwd* entry = ::fgetpwent(file.get());
    if (entry == nullptr) break;
    if (name == entry->pw_name) return entry->pw_uid;
  }
  throw Error("Unable to find the user {}: It is not in /etc/passwd", name);
}

gid_t group_id(const std::string& name) {
  const File file(std::fopen("/etc/group", "re"), std::fclose);
  while (file) {
    const group* entry = ::fgetgrent(file.get());
    if (entry == nullptr) break;
    if (name == entry->gr_name) return entry->gr_gid;
  }
  throw Error("Unable to find the group {}: It is not in /etc/group", name);
}

}  // namespace

std::optional<Owner> system_owner(const Environment& env) {
  // One host has one such user: it is looked up once, however many files are written.
  static const Owner owner{user_id(env.system_user), group_id(env.system_group)};
  if (owner.user == ::geteuid() && owner.group == ::getegid()) return {};
  return owner;
}

}  // namespace netports
