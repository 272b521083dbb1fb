#include "forwarder/status.h"

#include <set>
#include <sstream>

#include "forwarder/limits.h"

namespace netports {

namespace {

using JsonObject = Poco::JSON::Object;
using JsonArray = Poco::JSON::Array;

JsonObject ordered_object() { return JsonObject(Poco::JSON_PRESERVE_KEY_ORDER); }

JsonObject backend_json(const Backend& backend, Millis now) {
  JsonObject object = ordered_object();
  object.set("container", backend.container_id);
  object.set("name", backend.name);
  object.set("address", backend.address());
  object.set("state", backend.down_until > now ? "down" : "up");
  object.set("open", backend.open.load());
  object.set("accepted", backend.accepted.load());
  object.set("failed", backend.failed.load());
  return object;
}

JsonObject port_json(const PortState& state, Millis now) {
  const PortTotals totals = state.listener ? totals_of(*state.listener) : PortTotals{};
  JsonObject object = ordered_object();
  object.set("listen", state.route->mapping.listen.text());
  object.set("app", state.route->app);
  object.set("process", state.route->mapping.process);
  object.set("private_port", state.route->mapping.private_port);
  object.set("state", state.listener ? "listening" : "waiting");
  object.set("error", state.error);
  object.set("open", totals.open);
  object.set("accepted", totals.accepted);
  object.set("refused", totals.refused);
  object.set("failed", totals.failed);
  object.set("bytes_in", totals.bytes_in);
  object.set("bytes_out", totals.bytes_out);
  JsonArray backends;
  for (const auto& backend : state.route->backends) backends.add(backend_json(*backend, now));
  object.set("backends", backends);
  return object;
}

}  // namespace

PortTotals totals_of(const Listener& listener) {
  PortTotals totals;
  for (const auto& counts : listener.counts) {
    totals.accepted += counts.accepted.load(std::memory_order_relaxed);
    totals.refused += counts.refused.load(std::memory_order_relaxed);
    totals.failed += counts.failed.load(std::memory_order_relaxed);
    totals.bytes_in += counts.bytes_in.load(std::memory_order_relaxed);
    totals.bytes_out += counts.bytes_out.load(std::memory_order_relaxed);
    totals.open += counts.open.load(std::memory_order_relaxed);
  }
  return totals;
}

std::string status_json(const Manager& manager, const std::string& app) {
  const auto status = manager.status();
  const Millis now = now_ms();
  JsonObject document = ordered_object();
  document.set("version", NETPORTS_VERSION);
  document.set("threads", manager.forwarder().threads());
  document.set("open", manager.forwarder().open_connections());
  document.set("max_connections", manager.forwarder().max_connections());
  document.set("reloads", status->reloads);
  document.set("engine_error", status->engine_error);
  JsonArray ports;
  for (const auto& state : status->ports) {
    if (app.empty() || state.route->app == app) ports.add(port_json(state, now));
  }
  document.set("ports", ports);
  JsonArray problems;
  for (const auto& problem : status->problems) {
    if (!app.empty() && problem.app != app) continue;
    JsonObject object = ordered_object();
    object.set("app", problem.app);
    object.set("text", problem.text);
    problems.add(object);
  }
  document.set("problems", problems);
  std::ostringstream out;
  document.stringify(out);
  return out.str() + "\n";
}

std::string backend_lines(const Manager& manager, const std::string& app) {
  const auto status = manager.status();
  std::set<std::string> lines;
  for (const auto& state : status->ports) {
    if (state.route->app != app) continue;
    for (const auto& backend : state.route->backends) {
      lines.insert(fmt::format("{} {}\n", backend->name, backend->address()));
    }
  }
  return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace netports
