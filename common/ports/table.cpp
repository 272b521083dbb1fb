#include "ports/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "docker/json.h"

namespace netports {

namespace {

constexpr const char* kSource = "the forwarder's status";
constexpr const char* kConnections = "the forwarder's connections";
using Row = std::vector<std::string>;
const Row kPortsHeading{"PUBLIC", "APP", "PROCESS", "PRIVATE", "STATE",
                        "OPEN",   "IN",  "OUT",     "BACKEND", "ADDRESS"};
const Row kConnectionsHeading{"PUBLIC", "APP", "CLIENT", "CONTAINER", "RELEASE", "STATE", "SINCE"};
constexpr std::size_t kShortId = 12;

std::uint64_t count(const json::Object& from, const std::string& key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::number(from, key)));
}

std::string shown(const json::Object& from, const std::string& key) {
  return printable(json::text(from, key), 80);
}

void add_port(const json::Object& port, std::vector<Row>& rows) {
  Row row{shown(port, "listen"),
          shown(port, "app"),
          shown(port, "process"),
          fmt::format("{}", count(port, "private_port")),
          shown(port, "state"),
          fmt::format("{}", count(port, "open")),
          short_number(count(port, "bytes_in")),
          short_number(count(port, "bytes_out")),
          "-",
          "-"};
  const auto backends = json::objects(json::array(port, "backends"));
  for (const auto& backend : backends) {
    row[8] = fmt::format("{} {}, {} open", shown(backend, "name"), shown(backend, "state"),
                         count(backend, "open"));
    row[9] = shown(backend, "address");
    rows.push_back(row);
    // The port's own columns stand in its first line only.
    std::fill(row.begin(), row.begin() + 8, std::string());
  }
  if (backends.empty()) rows.push_back(std::move(row));
}

/// "59s", "12m", "5h", "3d"
std::string duration(std::uint64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86'400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86'400);
}

std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += fmt::format("{}{:<{}}", i == 0 ? "" : "  ", row[i], widths[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

json::Array of_apps(const json::Array& list, const std::set<std::string>& apps) {
  auto entries = json::objects(list);
  std::erase_if(entries,
                [&](const auto& entry) { return !apps.contains(json::text(entry, "app")); });
  return json::array_of(entries);
}

json::Array joined(const json::Array& list, const json::Array& more) {
  auto entries = json::objects(list);
  for (auto& entry : json::objects(more)) entries.push_back(std::move(entry));
  return json::array_of(entries);
}

}  // namespace

std::string short_number(std::uint64_t number) {
  if (number < 1000) return fmt::format("{}", number);
  double scaled = static_cast<double>(number);
  for (const char unit : std::string_view("kMGTPE")) {
    scaled /= 1000;
    if (scaled < 9.95) return fmt::format("{:.1f}{}", scaled, unit);
    if (scaled < 999.5) return fmt::format("{:.0f}{}", scaled, unit);
  }
  return fmt::format("{}", number);
}

std::string status_of_apps(const std::string& document, const std::set<std::string>& apps) {
  const auto status = json::parse_in_order(document, kSource);
  for (const char* key : {"ports", "problems"}) {
    json::set(status, key, of_apps(json::array(status, key), apps));
  }
  return json::to_text(status);
}

std::vector<std::int64_t> older_daemons(const std::string& document) {
  return json::numbers(json::array(json::parse_object(document, kSource), "older_daemons"));
}

std::string status_and(const std::string& document, const std::string& older) {
  const auto status = json::parse_in_order(document, kSource);
  const auto more = json::array(json::parse_in_order(older, kSource), "ports");
  json::set(status, "ports", joined(json::array(status, "ports"), more));
  return json::to_text(status);
}

std::string connections_and(const std::string& list, const std::string& older) {
  return json::to_text(
      joined(json::parse_array(list, kConnections), json::parse_array(older, kConnections)));
}

std::string connections_of_apps(const std::string& list, const std::set<std::string>& apps) {
  return json::to_text(of_apps(json::parse_array(list, kConnections), apps));
}

std::string connections_table(const std::string& list) {
  std::vector<Row> rows{kConnectionsHeading};
  for (const auto& entry : json::objects(json::parse_array(list, kConnections))) {
    rows.push_back({shown(entry, "listen"), shown(entry, "app"), shown(entry, "client"),
                    shown(entry, "container"), shown(entry, "container_id").substr(0, kShortId),
                    shown(entry, "state"), duration(count(entry, "age_seconds"))});
  }
  return rows.size() == 1 ? "" : aligned(rows);
}

bool has_no_ports(const std::string& document) {
  const auto status = json::parse_object(document, kSource);
  return json::objects(json::array(status, "ports")).empty() &&
         json::objects(json::array(status, "problems")).empty();
}

std::string status_table(const std::string& document) {
  const auto status = json::parse_object(document, kSource);
  const auto ports = json::objects(json::array(status, "ports"));
  std::vector<Row> rows{kPortsHeading};
  for (const auto& port : ports) add_port(port, rows);
  std::string out = ports.empty() ? "" : aligned(rows);
  for (const auto& port : ports) {
    const std::string error = printable(json::text(port, "error"), 300);
    if (error.empty()) continue;
    out += fmt::format(" !     Public port {} of app {}: {}\n", shown(port, "listen"),
                       shown(port, "app"), error);
  }
  const auto older = json::numbers(json::array(status, "older_daemons"));
  if (!older.empty()) {
    out += fmt::format("       Older forwarders still finish their connections, as process {}\n",
                       fmt::join(older, ", "));
  }
  for (const auto& problem : json::objects(json::array(status, "problems"))) {
    out += fmt::format(" !     App {}: {}\n", shown(problem, "app"),
                       printable(json::text(problem, "text"), 300));
  }
  return out;
}

}  // namespace netports
