#include "ports/store.h"

#include <filesystem>

#include "dokku/app.h"

namespace netports {

namespace {

/// What `path` holds, never following a link in its place; nothing when it is missing.
std::optional<AppPorts> read_ports(const std::string& app, const std::string& path,
                                   const std::string& name, AppPorts::Source source) {
  AppPorts ports{app, source, {}, ""};
  try {
    const auto text = read_file(path, kMaxPortsFileBytes, /*follow=*/false);
    if (!text) return {};
    ports.mappings = parse_ports(*text, name);
  } catch (const Error& error) {
    ports.problem = error.what();
  }
  return ports;
}

}  // namespace

std::string source_text(AppPorts::Source source) {
  switch (source) {
    case AppPorts::Source::file:
      return "file";
    case AppPorts::Source::property:
      return "property";
    case AppPorts::Source::none:
      break;
  }
  return "none";
}

PortStore::PortStore(std::string dokku_root, std::string properties)
    : dokku_root_(std::move(dokku_root)), properties_(std::move(properties)) {}

std::string PortStore::file(const std::string& app) const {
  return dokku_root_ + "/" + app + "/PORTS";
}

std::string PortStore::staged_file(const std::string& app) const {
  return dokku_root_ + "/" + app + "/PORTS.staged";
}

std::optional<AppPorts> PortStore::property(const std::string& app) const {
  return read_ports(app, properties_ + "/" + app + "/" + kProperty, kProperty,
                    AppPorts::Source::property);
}

AppPorts PortStore::released(const std::string& app) const {
  auto ports = read_ports(app, file(app), "PORTS", AppPorts::Source::file);
  return ports ? *ports : AppPorts{app, AppPorts::Source::none, {}, ""};
}

std::optional<AppPorts> PortStore::staged(const std::string& app) const {
  return read_ports(app, staged_file(app), "PORTS.staged", AppPorts::Source::file);
}

AppPorts PortStore::active(const std::string& app) const {
  auto ports = property(app);
  return ports ? *ports : released(app);
}

std::vector<std::string> PortStore::apps() const {
  std::vector<std::string> names;
  for (auto& name : directory_entries(dokku_root_)) {
    if (is_app_name(name) && is_directory(dokku_root_ + "/" + name)) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

void PortStore::stage(const std::string& app, std::string_view text,
                      std::optional<Owner> owner) const {
  write_file(staged_file(app), text, 0644, owner);
}

bool PortStore::promote(const std::string& app) const {
  const auto next = staged(app);
  if (!next) return false;
  if (next->problem.empty() && next->mappings.empty()) {
    remove_file(file(app));
    remove_file(staged_file(app));
  } else {
    rename_file(staged_file(app), file(app));
  }
  return true;
}

void PortStore::move(const std::string& from, const std::string& to) const {
  const auto replace = [](const std::string& source, const std::string& target) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(source, error);
    if (std::filesystem::exists(status)) rename_file(source, target);
  };
  replace(staged_file(from), staged_file(to));
  replace(file(from), file(to));
}

void PortStore::remove(const std::string& app) const {
  remove_file(staged_file(app));
  remove_file(file(app));
}

}  // namespace netports
