#include "forwarder/options.h"

#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace netports {

namespace {

using Poco::Util::Option;

Option valued(const std::string& name, const std::string& argument, const std::string& help) {
  return Option(name, "", help).argument(argument);
}

Poco::Util::OptionSet option_set() {
  Poco::Util::OptionSet options;
  options.addOption(valued("dokku-root", "DIR", "where the apps are (/home/dokku)"));
  options.addOption(valued("properties", "DIR",
                           "the plugin's part of Dokku's property store "
                           "(/var/lib/dokku/config/netports)"));
  options.addOption(
      valued("control", "PATH", "the control socket (/run/dokku-ports/control.sock)"));
  options.addOption(valued("docker-host", "URL",
                           "the Docker Engine (DOCKER_HOST, else unix:///var/run/docker.sock)"));
  options.addOption(valued("threads", "N", "forwarding threads (one per core)"));
  options.addOption(
      valued("max-connections", "N", "open at once, in all (what the descriptors allow)"));
  options.addOption(valued("drain-timeout", "SECONDS",
                           "how long open connections may finish after SIGTERM (60)"));
  options.addOption(valued("ready-fd", "N", "descriptor to write a line to when all is served"));
  options.addOption(valued("inherit-fd", "N", "sockets of the daemon before, on an upgrade"));
  options.addOption(Option("debug", "", "log single connections"));
  options.addOption(Option("help", "h", "show this text"));
  options.addOption(Option("version", "", "show the version"));
  return options;
}

std::uint64_t number(const std::string& name, const std::string& text, std::uint64_t max) {
  const auto value = parse_number(text, max);
  if (!value)
    throw UsageError(fmt::format("dokku-ports: --{} takes a number up to {}, not {}", name, max,
                                 printable(text)));
  return *value;
}

void take(Options& options, const std::string& name, const std::string& value) {
  if (name == "dokku-root") options.dokku_root = value;
  if (name == "properties") options.properties = value;
  if (name == "control") options.control = value;
  if (name == "docker-host") options.docker_host = value;
  if (name == "threads") options.threads = static_cast<unsigned>(number(name, value, 64));
  if (name == "max-connections") options.max_connections = number(name, value, 10'000'000);
  if (name == "drain-timeout")
    options.drain_timeout = std::chrono::seconds(number(name, value, 86'400));
  if (name == "ready-fd") options.ready_fd = static_cast<int>(number(name, value, 1'000'000));
  if (name == "inherit-fd") options.inherit_fd = static_cast<int>(number(name, value, 1'000'000));
  if (name == "debug") options.debug = true;
  if (name == "help") options.show_help = true;
  if (name == "version") options.show_version = true;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  const auto known = option_set();
  Poco::Util::OptionProcessor processor(known);
  processor.setUnixStyle(true);
  Options options;
  bool value_expected = false;  // Poco keeps the option back until its value comes
  try {
    for (int i = 1; i < argc; ++i) {
      std::string name;
      std::string value;
      if (!processor.process(argv[i], name, value)) {
        throw UsageError(
            fmt::format("dokku-ports: {} is not an option (see --help)", printable(argv[i])));
      }
      value_expected = name.empty();
      if (!value_expected) take(options, name, value);
    }
  } catch (const Poco::Exception& error) {
    throw UsageError(fmt::format("dokku-ports: {} (see --help)", error.displayText()));
  }
  if (value_expected) {
    throw UsageError(fmt::format("dokku-ports: {} needs a value", argv[argc - 1]));
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
  const auto known = option_set();
  Poco::Util::HelpFormatter formatter(known);
  formatter.setUnixStyle(true);
  formatter.setCommand("dokku-ports");
  formatter.setUsage("[OPTION]...");
  formatter.setHeader(
      "Forwards the public TCP ports of Dokku apps to their containers. SIGHUP reads all mappings "
      "again, SIGTERM stops accepting and lets open connections finish, SIGUSR2 hands over to the "
      "program at the same path.");
  formatter.setWidth(100);
  std::ostringstream out;
  formatter.format(out);
  return out.str();
}

}  // namespace netports
