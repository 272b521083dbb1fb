#include "forwarder/options.h"

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace netports {

namespace {

// A table of our own: Poco's option classes would pull three more libraries into the daemon, an
// eighth of its memory.
struct Known {
  std::string_view name;
  std::string_view argument;  // empty: a switch
  std::string_view help;
  void (*take)(Options& options, const std::string& value);
};

std::uint64_t number(std::string_view name, const std::string& text, std::uint64_t max) {
  const auto value = parse_number(text, max);
  if (!value)
    throw UsageError(fmt::format("dokku-ports: --{} takes a number up to {}, not {}", name, max,
                                 printable(text)));
  return *value;
}

constexpr std::array<Known, 14> kKnown{{
    {"dokku-root", "DIR", "where the apps are (/home/dokku)",
     [](Options& o, const std::string& v) { o.dokku_root = v; }},
    {"properties", "DIR",
     "the plugin's part of Dokku's property store (/var/lib/dokku/config/netports)",
     [](Options& o, const std::string& v) { o.properties = v; }},
    {"control", "PATH", "the control socket (/run/dokku-ports/control.sock)",
     [](Options& o, const std::string& v) { o.control = v; }},
    {"docker-host", "URL", "the Docker Engine (DOCKER_HOST, else unix:///var/run/docker.sock)",
     [](Options& o, const std::string& v) { o.docker_host = v; }},
    {"threads", "N", "forwarding threads (one per core)",
     [](Options& o, const std::string& v) {
       o.threads = static_cast<unsigned>(number("threads", v, 64));
     }},
    {"max-connections", "N", "open at once, in all (what the descriptors allow)",
     [](Options& o, const std::string& v) {
       o.max_connections = number("max-connections", v, 10'000'000);
     }},
    {"drain-timeout", "SECONDS", "how long open connections may finish after SIGTERM (60)",
     [](Options& o, const std::string& v) {
       o.drain_timeout = std::chrono::seconds(number("drain-timeout", v, 86'400));
     }},
    {"pid-file", "PATH", "where to write the process id when all is served",
     [](Options& o, const std::string& v) { o.pid_file = v; }},
    {"metrics-port", "PORT", "Prometheus metrics on 127.0.0.1:PORT/metrics (none)",
     [](Options& o, const std::string& v) {
       o.metrics_port = static_cast<int>(number("metrics-port", v, 65535));
     }},
    {"ready-fd", "N", "descriptor to write a line to when all is served",
     [](Options& o, const std::string& v) {
       o.ready_fd = static_cast<int>(number("ready-fd", v, 1'000'000));
     }},
    {"inherit-fd", "N", "sockets of the daemon before, on an upgrade",
     [](Options& o, const std::string& v) {
       o.inherit_fd = static_cast<int>(number("inherit-fd", v, 1'000'000));
     }},
    {"debug", "", "log single connections", [](Options& o, const std::string&) { o.debug = true; }},
    {"help", "", "show this text (-h)", [](Options& o, const std::string&) { o.show_help = true; }},
    {"version", "", "show the version",
     [](Options& o, const std::string&) { o.show_version = true; }},
}};

const Known* find(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = std::string_view(argv[i]) == "-h" ? "--help" : argv[i];
    const std::size_t equals = word.find('=');
    const Known* known = word.starts_with("--") ? find(word.substr(2, equals - 2)) : nullptr;
    const bool has_value = equals != std::string_view::npos;
    if (known == nullptr || (known->argument.empty() && has_value)) {
      throw UsageError(
          fmt::format("dokku-ports: {} is not an option (see --help)", printable(word)));
    }
    std::string value;
    if (has_value) {
      value = word.substr(equals + 1);
    } else if (!known->argument.empty()) {
      if (++i == argc) throw UsageError(fmt::format("dokku-ports: {} needs a value", word));
      value = argv[i];
    }
    known->take(options, value);
  }
  return options;
}

std::vector<std::string> lasting_arguments(int argc, char** argv) {
  std::vector<std::string> lasting;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--ready-fd" || word == "--inherit-fd") {
      ++i;
    } else if (!word.starts_with("--ready-fd=") && !word.starts_with("--inherit-fd=")) {
      lasting.push_back(word);
    }
  }
  return lasting;
}

std::string options_help() {
  std::string text =
      "usage: dokku-ports [OPTION]...\n"
      "Forwards the public TCP ports of Dokku apps to their containers. SIGHUP reads all mappings\n"
      "again, SIGTERM stops accepting and lets open connections finish, SIGUSR2 hands over to the\n"
      "program at the same path.\n\n";
  for (const Known& known : kKnown) {
    const auto option =
        fmt::format("--{}{}{}", known.name, known.argument.empty() ? "" : "=", known.argument);
    text += fmt::format("  {:<24}{}\n", option, known.help);
  }
  return text;
}

}  // namespace netports
