#include "network/listeners.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/text.h"
#include "dokku/app.h"
#include "dokku/log.h"
#include "dokku/users.h"
#include "network/names.h"

namespace netports::network {

namespace {

constexpr std::string_view kDefaultPort = "5000";
constexpr std::uint64_t kMaxNumber = 1'000'000;

/// The first line that is not blank, trimmed; empty when there is none or the file is unreadable.
std::string first_line(const std::string& path) {
  try {
    const auto content = read_file(path, 4096);
    if (!content) return "";
    for (const auto line : split(*content, '\n')) {
      if (const auto text = trim(line); !text.empty()) return std::string(text);
    }
  } catch (const Error&) {
    return "";  // as good as missing: the next deploy or rebuild writes it anew
  }
  return "";
}

/// The number a file name ends in; nothing for "1.bak", "01" or "".
std::optional<unsigned> container_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') return {};
  const auto number = parse_number(text, kMaxNumber);
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

}  // namespace

std::string address_file_name(AddressFile kind, std::string_view process, std::string_view number) {
  return fmt::format("{}.{}.{}", kind == AddressFile::ip ? "IP" : "PORT", process, number);
}

std::vector<std::string> listeners(const Environment& env, const Settings& settings,
                                   const std::string& app, const std::string& process) {
  if (!is_app_name(app)) return {};
  if (process == "web") {
    const std::string listener = settings.static_web_listener(app);
    if (!listener.empty()) return {listener};
  }
  const std::string directory = app_directory(env, app);
  const std::string prefix = address_file_name(AddressFile::ip, process, "");
  std::map<unsigned, std::string> found;
  for (const auto& name : directory_entries(directory)) {
    if (!name.starts_with(prefix)) continue;
    const auto number = container_number(std::string_view(name).substr(prefix.size()));
    if (!number) continue;
    const auto ip = IpAddress::parse(first_line(fmt::format("{}/{}", directory, name)));
    if (!ip) continue;
    const std::string port_file =
        address_file_name(AddressFile::port, process, std::string_view(name).substr(prefix.size()));
    std::string port = first_line(fmt::format("{}/{}", directory, port_file));
    if (port.empty()) port = kDefaultPort;
    const auto checked = parse_number(port, 65535);
    if (!checked || *checked == 0) continue;
    found[*number] = ip->text_with_port(static_cast<std::uint16_t>(*checked));
  }
  std::vector<std::string> ordered;
  ordered.reserve(found.size());
  for (auto& [number, listener] : found) ordered.push_back(std::move(listener));
  return ordered;
}

bool has_network_config(const Environment& env, const Settings& settings, const std::string& app) {
  if (!is_app_name(app)) return false;
  const std::string directory = app_directory(env, app);
  return is_regular_file(directory + "/CONTAINER.web.1") ||
         (is_regular_file(directory + "/IP.web.1") && is_regular_file(directory + "/PORT.web.1")) ||
         !settings.static_web_listener(app).empty();
}

void write_address(const Environment& env, AddressFile kind, const std::string& app,
                   const std::string& process, const std::string& number,
                   const std::string& value) {
  if (!is_app_name(app)) throw Error("Invalid app name: {}", printable(app));
  if (!is_process_type(process)) throw Error("Invalid process type: {}", printable(process));
  if (!container_number(number)) throw Error("Invalid container number: {}", printable(number));
  const auto port = parse_number(value, 65535);
  const bool valid = value.empty() || (kind == AddressFile::ip ? IpAddress::parse(value).has_value()
                                                               : port && *port > 0);
  if (!valid) {
    throw Error("Invalid {} for {}.{}.{}: {}", kind == AddressFile::ip ? "IP address" : "port", app,
                process, number, printable(value));
  }
  const std::string directory = app_directory(env, app);
  const std::string path = directory + "/" + address_file_name(kind, process, number);
  if (!is_directory(directory)) throw Error("open {}: no such file or directory", path);
  write_file(path, value, 0644, system_owner(env));
}

void clear_addresses(const Environment& env, const std::string& app) {
  if (!is_app_name(app)) throw Error("Invalid app name: {}", printable(app));
  const std::string directory = app_directory(env, app);
  std::vector<std::string> kept;
  for (const auto& name : directory_entries(directory)) {
    if (!name.starts_with("IP.") && !name.starts_with("PORT.")) continue;
    const std::string path = fmt::format("{}/{}", directory, name);
    try {
      remove_file(path);
    } catch (const Error&) {
      kept.push_back(path);
    }
  }
  if (kept.empty()) return;
  for (std::size_t i = 0; i + 1 < kept.size(); ++i) log::warn("Unable to remove file {}", kept[i]);
  throw Error("Unable to remove file {}", kept.back());
}

std::string static_listener_host(const std::string& listener) {
  const auto colon = listener.rfind(':');
  if (colon != std::string::npos) {
    std::string host = listener.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    // More than one colon outside brackets is an IPv6 address without a port.
    if (bracketed || host.find(':') == std::string::npos) return host;
  }
  const auto ip = IpAddress::parse(listener);
  return ip ? ip->text() : "127.0.0.1";
}

}  // namespace netports::network
