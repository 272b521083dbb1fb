// --metrics-port: the metrics over HTTP, whoever else asks, and whichever daemon serves.
#include <csignal>
#include <map>
#include <sstream>

#include "catch.h"
#include "host.h"

using namespace netports::test;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// A host whose daemon serves its metrics on `metrics_port`.
struct MetricsHost : MailHost {
  const std::uint16_t metrics_port = free_port();

  DaemonProcess& start_with_metrics() {
    auto& started = start({"--metrics-port", std::to_string(metrics_port)});
    REQUIRE(eventually([&] { return try_connect_to(metrics_port).has_value(); }));
    return started;
  }
  /// The whole answer; none when refused.
  [[nodiscard]] std::string ask(const std::string& request_line) const {
    auto scraper = try_connect_to(metrics_port);
    if (!scraper) return "";
    scraper->send(request_line + "\r\nHost: localhost\r\n\r\n");
    return scraper->receive_all();
  }
  [[nodiscard]] std::string scrape() const { return ask("GET /metrics HTTP/1.1"); }
};

std::string body_of(const std::string& answer) {
  const auto end_of_header = answer.find("\r\n\r\n");
  return end_of_header == std::string::npos ? "" : answer.substr(end_of_header + 4);
}

}  // namespace

TEST_CASE("the metrics are served as Prometheus wants them", "[metrics]") {
  MetricsHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  host.start_with_metrics();
  const std::string before = host.scrape();
  CHECK_THAT(before, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(before, ContainsSubstring("\r\nContent-Type: text/plain; version=0.0.4\r\n"));
  const std::string length = "\r\nContent-Length: " + std::to_string(body_of(before).size());
  CHECK_THAT(before, ContainsSubstring(length + "\r\n"));
  for (const char* family :
       {"dokku_ports_info gauge", "dokku_ports_engine_up gauge", "dokku_ports_listening gauge",
        "dokku_ports_connections_accepted_total counter",
        "dokku_ports_connect_seconds histogram"}) {
    CHECK_THAT(before, ContainsSubstring(std::string("\n# TYPE ") + family + "\n"));
  }
  CHECK_THAT(before, ContainsSubstring("\ndokku_ports_engine_up 1\n"));
  CHECK_THAT(before, ContainsSubstring("\ndokku_ports_open_connections 0\n"));
  const auto row = [&](const std::string& family, const std::string& more = "") {
    return "\ndokku_ports_" + family + "{port=\"" + std::to_string(host.port) +
           "\",app=\"mail\",process=\"web\"" + more + "} ";
  };
  CHECK_THAT(before, ContainsSubstring(row("listening") + "1\n"));
  CHECK_THAT(before, ContainsSubstring(row("connections_accepted_total") + "0\n"));
  Peer open = host.connect();
  CHECK(open.receive_line() == "hello");
  const std::string after = host.scrape();
  CHECK_THAT(after, ContainsSubstring("\ndokku_ports_open_connections 1\n"));
  CHECK_THAT(after, ContainsSubstring(row("connections_open") + "1\n"));
  CHECK_THAT(after, ContainsSubstring(row("connections_accepted_total") + "1\n"));
  CHECK_THAT(after, ContainsSubstring(row("bytes_total", ",direction=\"out\"") + "6\n"));
}

namespace {

/// The samples of a page, by name and labels, after a look at each of its lines.
std::map<std::string, double> samples_of(const std::string& page) {
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;
  std::istringstream lines(page);
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::istringstream words(line);
    std::string hash;
    std::string kind;
    std::string name;
    if (line.starts_with("# ")) {
      words >> hash >> kind >> name;
      if (kind == "HELP") {
        CHECK(types.count(name) == 0);
        family = name;
      } else {
        CHECK(kind == "TYPE");
        CHECK(name == family);
        words >> types[name];
      }
      continue;
    }
    const auto blank = line.rfind(' ');
    REQUIRE(blank != std::string::npos);
    const std::string sample = line.substr(0, blank);
    CHECK(sample.starts_with(family));
    CHECK(samples.count(sample) == 0);
    std::size_t used = 0;
    samples[sample] = std::stod(line.substr(blank + 1), &used);
    CHECK(used == line.size() - blank - 1);
  }
  for (const auto& [name, type] : types) {
    CAPTURE(name);
    CHECK((type == "gauge" || type == "counter" || type == "histogram"));
    CHECK(name.ends_with("_total") == (type == "counter"));
  }
  return samples;
}

}  // namespace

TEST_CASE("the metrics count who was refused or failed, by reason, and what answers", "[metrics]") {
  MailHost host;
  const auto full = free_port();
  const auto deaf = free_port();
  const auto deaf_private = free_port();
  const auto mapping = [&](std::uint16_t port, std::uint16_t private_port, const char* options) {
    return std::to_string(port) + ":" + std::to_string(private_port) + options + "\n";
  };
  host.ports("mail", mapping(host.port, host.private_port, " deny=127.0.0.1") +
                         mapping(full, host.private_port, " max-connections=1 overflow=reset") +
                         mapping(deaf, deaf_private, ""));
  const Server backend(MailHost::kAddress, host.private_port, greeting("v1"));
  auto& daemon = host.start();
  const auto reloads = samples_of(daemon.ask("metrics").substr(3))["dokku_ports_reloads_total"];
  for (int i = 0; i < 3; ++i) CHECK(host.connect().wait_end() == End::reset);
  Peer open = connect_to(full);
  CHECK(open.receive_line() == "v1");
  CHECK(connect_to(full).wait_end() == End::reset);
  CHECK(connect_to(deaf).wait_end() == End::reset);
  CHECK(daemon.ask("reload") == "ok\n");

  const std::string page = daemon.ask("metrics");
  REQUIRE(page.starts_with("ok\n"));
  auto samples = samples_of(page.substr(3));
  const auto value = [&](const std::string& name, std::uint16_t port, const std::string& more) {
    const std::string sample = "dokku_ports_" + name + "{port=\"" + std::to_string(port) +
                               R"(",app="mail",process="web")" + more + "}";
    CAPTURE(sample);
    REQUIRE(samples.count(sample) == 1);
    return samples[sample];
  };
  CHECK(value("connections_refused_total", host.port, R"(,reason="denied")") == 3);
  CHECK(value("connections_refused_total", full, R"(,reason="denied")") == 0);
  CHECK(value("connections_refused_total", full, R"(,reason="over_limit")") == 1);
  CHECK(value("connections_failed_total", deaf, R"(,reason="unreachable")") == 1);
  CHECK(value("connections_accepted_total", full, "") == 2);
  CHECK(value("connections_open", full, "") == 1);
  CHECK(value("connections_limit", full, "") == 1);
  CHECK(page.find("dokku_ports_connections_limit{port=\"" + std::to_string(deaf)) ==
        std::string::npos);
  CHECK(value("backend_up", full, R"(,container="web.1")") == 1);
  CHECK(value("backend_up", deaf, R"(,container="web.1")") == 0);
  CHECK(samples["dokku_ports_reloads_total"] > reloads);
  double below = 0;
  for (const char* bound : {"0.001", "0.01", "0.1", "1", "+Inf"}) {
    const auto sample = "dokku_ports_connect_seconds_bucket{port=\"" + std::to_string(full) +
                        R"(",app="mail",process="web",le=")" + bound + "\"}";
    const auto found = samples.find(sample);
    if (found == samples.end()) continue;  // bounds may change, their order may not
    CHECK(found->second >= below);
    below = found->second;
  }
  CHECK(below == 1);
  CHECK(value("connect_seconds_count", full, "") == 1);
  CHECK(value("connect_seconds_bucket", full, R"(,le="+Inf")") == 1);
}

TEST_CASE("what is no GET of the metrics is told so", "[metrics]") {
  MetricsHost host;
  host.start_with_metrics();
  const std::string elsewhere = host.ask("GET / HTTP/1.1");
  CHECK_THAT(elsewhere, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  CHECK_THAT(elsewhere, EndsWith("\r\n\r\nSee /metrics\n"));
  const std::string method = GENERATE("POST", "PUT", "DELETE", "OPTIONS");
  const std::string other = host.ask(method + " /metrics HTTP/1.1");
  CHECK_THAT(other, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK_THAT(other, ContainsSubstring("\r\nAllow: GET, HEAD\r\n"));
  const std::string head = host.ask("HEAD /metrics HTTP/1.1");
  CHECK_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(head, ContainsSubstring("\r\nContent-Type: text/plain; version=0.0.4\r\n"));
  CHECK_THAT(head, EndsWith("\r\n\r\n"));
  CHECK(body_of(head).empty());
}

TEST_CASE("a metrics port that is busy is waited for", "[metrics]") {
  MetricsHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  auto other = std::make_unique<Server>("127.0.0.1", host.metrics_port, greeting("other"));
  auto& daemon = host.start({"--metrics-port", std::to_string(host.metrics_port)});
  CHECK(daemon.wait_log("\nmetrics-waiting reason="));
  CHECK_THAT(daemon.log(), ContainsSubstring("Address already in use"));
  CHECK(host.connect().receive_line() == "hello");
  CHECK(connect_to(host.metrics_port).receive_line() == "other");
  other.reset();
  CHECK(daemon.wait_log("\nmetrics port="));
  CHECK_THAT(host.scrape(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// Two used to be enough to keep everybody else waiting, as long as they liked.
TEST_CASE("slow clients keep no scraper waiting and are cut", "[metrics]") {
  MetricsHost host;
  auto& daemon = host.start_with_metrics();
  std::vector<Peer> slow;
  for (int i = 0; i < 15; ++i) {
    slow.push_back(connect_to(host.metrics_port));
    if (i % 2 == 0) slow.back().send("GET /metrics HTTP/1.1\r\nX-Slow: ");
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK_THAT(host.scrape(), StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(8));
  SECTION("however often they send a byte") {
    CHECK(eventually([&] {
      std::erase_if(slow, [](Peer& peer) { return !peer.send("x") || peer.readable(); });
      return slow.empty();
    }));
  }
  SECTION("and keep no daemon from its end") {
    daemon.signal(SIGTERM);
    CHECK(daemon.wait_exit(std::chrono::seconds(8)) == 0);
  }
}

TEST_CASE("the new daemon of an upgrade takes the metrics port over", "[metrics]") {
  MetricsHost host;
  const Server backend(MailHost::kAddress, host.private_port, greeting("hello"));
  auto& daemon = host.start_with_metrics();
  Peer open = host.connect();
  CHECK(open.receive_line() == "hello");
  Peer slow = connect_to(host.metrics_port);  // of the daemon before, while it hands over
  slow.send("GET /metrics HTTP/1.1\r\nX-Slow: ");
  REQUIRE(daemon.upgrade());
  CHECK(slow.wait_end() != End::none);
  // Its own count begins at none; it knows of the one that drains.
  std::string answer;
  CHECK(eventually([&] {
    answer = host.scrape();
    return answer.find("\ndokku_ports_older_daemons 1\n") != std::string::npos;
  }));
  CHECK_THAT(answer, ContainsSubstring("\ndokku_ports_open_connections 0\n"));
  open.close();
  daemon.follow(daemon.pid_in_log("handed-over"));
  CHECK_THAT(host.scrape(), StartsWith("HTTP/1.1 200 OK\r\n"));
}
