#include "forwarder/status.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <fmt/core.h>
#include <unistd.h>

#include <set>
#include <sstream>

#include "base/fingerprint.h"
#include "base/text.h"
#include "forwarder/limits.h"

namespace netports {

namespace {

using JsonObject = Poco::JSON::Object;
using JsonArray = Poco::JSON::Array;

JsonObject ordered_object() { return JsonObject(Poco::JSON_PRESERVE_KEY_ORDER); }

JsonObject backend_json(const Backend& backend, const std::string& state, std::size_t open) {
  JsonObject object = ordered_object();
  object.set("container", backend.container_id);
  object.set("name", backend.name);
  object.set("address", backend.address());
  object.set("state", state);
  object.set("open", open);
  object.set("accepted", backend.accepted.load());
  object.set("failed", backend.failed.load());
  return object;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : counts) sum += count;
  return sum;
}

/// Of the file that this process was started from, whatever lies at its path by now.
const std::string& own_fingerprint() {
  static const std::string fingerprint = fingerprint_of("/proc/self/exe");
  return fingerprint;
}

/// Why connections were refused or failed, without the zeros.
JsonObject reasons_json(const PortTotals& totals) {
  JsonObject object = ordered_object();
  for (const auto* counts : {&totals.refused, &totals.failed}) {
    for (const auto& [reason, count] : *counts) {
      if (count > 0) object.set(reason, count);
    }
  }
  return object;
}

/// What drains, by the port it came in on and the app that had it then.
using DrainingByPort = std::map<std::pair<ListenAddress, std::string>, std::vector<Draining>>;

DrainingByPort draining_by_port(const Forwarder& forwarder) {
  DrainingByPort by_port;
  for (auto& entry : forwarder.draining()) {
    auto& same = by_port[{entry.route->mapping.listen, entry.route->app}];
    same.push_back(std::move(entry));
  }
  return by_port;
}

std::size_t open_of(const std::vector<Draining>& draining) {
  std::size_t sum = 0;
  for (const auto& entry : draining) sum += entry.open;
  return sum;
}

/// The members that every port has.
JsonObject port_json(const Route& route, std::string_view state, const std::string& error) {
  JsonObject object = ordered_object();
  object.set("listen", route.mapping.listen.text());
  object.set("app", route.app);
  object.set("process", route.mapping.process);
  object.set("private_port", route.mapping.private_port);
  object.set("state", std::string(state));
  object.set("error", error);
  return object;
}

JsonArray draining_json(const std::vector<Draining>& draining, JsonArray backends = {}) {
  for (const auto& entry : draining) {
    backends.add(backend_json(*entry.backend, "draining", entry.open));
  }
  return backends;
}

/// A port that is gone, while connections of it are not.
JsonObject gone_port_json(const std::vector<Draining>& draining) {
  JsonObject object = port_json(*draining.front().route, "draining", "");
  object.set("open", open_of(draining));
  object.set("backends", draining_json(draining));
  return object;
}

JsonObject port_json(const PortState& state, const std::vector<Draining>& draining) {
  const PortTotals totals = state.listener ? totals_of(*state.listener) : PortTotals{};
  JsonObject object =
      port_json(*state.route, state.listener ? "listening" : "waiting", state.error);
  object.set("open", totals.open);
  object.set("accepted", totals.accepted);
  object.set("refused", sum_of(totals.refused));
  object.set("failed", sum_of(totals.failed));
  object.set("reasons", reasons_json(totals));
  object.set("bytes_in", totals.bytes_in);
  object.set("bytes_out", totals.bytes_out);
  JsonArray backends;
  for (const auto& backend : state.route->backends) {
    backends.add(
        backend_json(*backend, backend->ours || backend->down ? "down" : "up", backend->open));
  }
  object.set("backends", draining_json(draining, std::move(backends)));
  return object;
}

std::string port_labels(const Route& route) {
  return fmt::format(R"(port="{}",app="{}",process="{}")", route.mapping.listen.text(), route.app,
                     route.mapping.process);
}

/// Prometheus' text format. Label values come from checked names, so none needs escaping.
class MetricsPage {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  }
  template <typename Value>
  void sample(std::string_view name, std::string_view labels, Value value) {
    if (labels.empty()) {
      text_ += fmt::format("{} {}\n", name, value);
    } else {
      text_ += fmt::format("{}{{{}}} {}\n", name, labels, value);
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

PortTotals totals_of(const Listener& listener) {
  PortTotals totals;
  for (const auto& counts : listener.counts) {
    totals.accepted += counts.accepted;
    totals.refused["no_backend"] += counts.no_backend;
    totals.refused["denied"] += counts.denied;
    totals.refused["over_limit"] += counts.over_limit;
    totals.refused["over_rate"] += counts.over_rate;
    totals.refused["bad_greeting"] += counts.bad_greeting;
    totals.failed["unreachable"] += counts.unreachable;
    totals.failed["shortage"] += counts.shortage;
    totals.failed["reset"] += counts.reset;
    totals.failed["idle"] += counts.idle;
    totals.failed["drained"] += counts.drained;
    totals.bytes_in += counts.bytes_in;
    totals.bytes_out += counts.bytes_out;
    totals.open += counts.open;
    totals.connect_ms += counts.connect_ms;
    for (std::size_t i = 0; i < totals.connect_times.size(); ++i) {
      totals.connect_times[i] += counts.connect_times[i];
    }
  }
  return totals;
}

std::string status_json(const Manager& manager, const Generations& older, const std::string& app) {
  const auto status = manager.status();
  JsonObject document = ordered_object();
  document.set("version", NETPORTS_VERSION);
  document.set("program", own_fingerprint());
  document.set("pid", ::getpid());
  document.set("threads", manager.forwarder().threads());
  document.set("open", manager.forwarder().open_connections());
  document.set("max_connections", manager.forwarder().max_connections());
  JsonArray older_daemons;
  for (const pid_t pid : older.pids()) older_daemons.add(pid);
  document.set("older_daemons", older_daemons);
  document.set("reloads", status->reloads);
  document.set("engine_error", status->engine_error);
  JsonArray ports;
  auto draining = draining_by_port(manager.forwarder());
  for (const auto& state : status->ports) {
    // Taken out here also where it is not shown: what stays has no port any more.
    const auto node = draining.extract({state.route->mapping.listen, state.route->app});
    if (!app.empty() && state.route->app != app) continue;
    ports.add(port_json(state, node ? node.mapped() : std::vector<Draining>{}));
  }
  for (const auto& [port, gone] : draining) {
    if (app.empty() || port.second == app) ports.add(gone_port_json(gone));
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

std::string metrics_text(const Manager& manager, const Generations& older) {
  const auto status = manager.status();
  MetricsPage page;
  page.family("dokku_ports_info", "gauge", "Version of the forwarder");
  page.sample("dokku_ports_info", fmt::format("version=\"{}\"", NETPORTS_VERSION), 1);
  page.family("dokku_ports_open_connections", "gauge", "Open connections in all");
  page.sample("dokku_ports_open_connections", "", manager.forwarder().open_connections());
  page.family("dokku_ports_older_daemons", "gauge",
              "Forwarders from before upgrades that still finish their connections");
  page.sample("dokku_ports_older_daemons", "", older.pids().size());
  page.family("dokku_ports_max_connections", "gauge", "Open connections there may be in all");
  page.sample("dokku_ports_max_connections", "", manager.forwarder().max_connections());
  page.family("dokku_ports_reloads_total", "counter", "Looks at mappings and containers");
  page.sample("dokku_ports_reloads_total", "", status->reloads);
  page.family("dokku_ports_engine_up", "gauge", "Whether the Docker Engine answered last time");
  page.sample("dokku_ports_engine_up", "", status->engine_error.empty() ? 1 : 0);

  struct Row {
    std::string labels;
    PortTotals totals;
    const PortState* state;
  };
  std::vector<Row> rows;
  for (const auto& state : status->ports) {
    rows.push_back({port_labels(*state.route),
                    state.listener ? totals_of(*state.listener) : PortTotals{}, &state});
  }
  page.family("dokku_ports_listening", "gauge", "Whether the public port is listened on");
  for (const auto& row : rows) {
    page.sample("dokku_ports_listening", row.labels, row.state->listener ? 1 : 0);
  }
  page.family("dokku_ports_connections_open", "gauge", "Open connections");
  for (const auto& row : rows) {
    page.sample("dokku_ports_connections_open", row.labels, row.totals.open);
  }
  page.family("dokku_ports_connections_limit", "gauge",
              "Open connections there may be, of ports with max-connections");
  for (const auto& row : rows) {
    const auto limit = row.state->route->mapping.options.max_connections;
    if (limit > 0) page.sample("dokku_ports_connections_limit", row.labels, limit);
  }
  page.family("dokku_ports_connections_draining", "gauge",
              "Open connections of containers or ports that take no new ones");
  for (const auto& [port, draining] : draining_by_port(manager.forwarder())) {
    const Route& route = *draining.front().route;
    page.sample("dokku_ports_connections_draining", port_labels(route), open_of(draining));
  }
  page.family("dokku_ports_connections_accepted_total", "counter",
              "Connections accepted, those refused included");
  for (const auto& row : rows) {
    page.sample("dokku_ports_connections_accepted_total", row.labels, row.totals.accepted);
  }
  page.family("dokku_ports_connections_refused_total", "counter",
              "Connections reset before a backend was tried, by reason");
  for (const auto& row : rows) {
    for (const auto& [reason, count] : row.totals.refused) {
      page.sample("dokku_ports_connections_refused_total",
                  fmt::format("{},reason=\"{}\"", row.labels, reason), count);
    }
  }
  page.family("dokku_ports_connections_failed_total", "counter",
              "Connections that ended with a reset, by reason");
  for (const auto& row : rows) {
    for (const auto& [reason, count] : row.totals.failed) {
      page.sample("dokku_ports_connections_failed_total",
                  fmt::format("{},reason=\"{}\"", row.labels, reason), count);
    }
  }
  page.family("dokku_ports_bytes_total", "counter", "Bytes delivered, by direction");
  for (const auto& row : rows) {
    page.sample("dokku_ports_bytes_total", row.labels + ",direction=\"in\"", row.totals.bytes_in);
    page.sample("dokku_ports_bytes_total", row.labels + ",direction=\"out\"", row.totals.bytes_out);
  }
  page.family("dokku_ports_connect_seconds", "histogram",
              "Time to reach a backend, those passed over included");
  for (const auto& row : rows) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kConnectTimeBounds.size(); ++i) {
      below += row.totals.connect_times[i];
      page.sample("dokku_ports_connect_seconds_bucket",
                  fmt::format("{},le=\"{}\"", row.labels,
                              static_cast<double>(kConnectTimeBounds[i]) / 1000),
                  below);
    }
    below += row.totals.connect_times.back();
    page.sample("dokku_ports_connect_seconds_bucket", row.labels + ",le=\"+Inf\"", below);
    page.sample("dokku_ports_connect_seconds_sum", row.labels,
                static_cast<double>(row.totals.connect_ms) / 1000);
    page.sample("dokku_ports_connect_seconds_count", row.labels, below);
  }
  page.family("dokku_ports_backend_up", "gauge", "Whether the backend answered when last dialled");
  for (const auto& row : rows) {
    for (const auto& backend : row.state->route->backends) {
      page.sample("dokku_ports_backend_up",
                  fmt::format("{},container=\"{}\"", row.labels, backend->name),
                  backend->ours || backend->down ? 0 : 1);
    }
  }
  return page.text();
}

std::string connections_json(const Manager& manager, const std::string& app) {
  JsonArray list;
  for (const auto& info : manager.forwarder().connections(app, kListedConnections)) {
    JsonObject object = ordered_object();
    object.set("listen", info.listen);
    object.set("app", info.app);
    object.set("client", info.client);
    object.set("container", info.container);
    object.set("container_id", info.container_id);
    object.set("state", info.state);
    object.set("age_seconds", info.age_ms / 1000);
    list.add(object);
  }
  std::ostringstream out;
  list.stringify(out);
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
  return join({lines.begin(), lines.end()}, "");
}

}  // namespace netports
