#include "network/docker_args.h"

#include "base/error.h"
#include "base/text.h"
#include "network/names.h"

namespace netports::network {

std::string alias_of(std::string_view app, std::string_view process, std::string_view tld) {
  if (app.empty() || process.empty()) return "";
  std::string alias = fmt::format("{}.{}", app, process);
  tld = trim(tld);  // a value written by hand ends in a newline
  if (!tld.empty()) alias += fmt::format(".{}", tld);
  return is_alias(alias) ? alias : "";
}

std::string network_words(const Settings& settings, const std::string& app,
                          std::string_view process) {
  const std::string value = settings.computed(app, kInitialNetwork);
  const std::string network(trim(value));
  if (network.empty()) return "";
  if (!is_network_name(network)) {
    throw Error("Invalid network name in property {} of app {}: {}", kInitialNetwork,
                printable(app), printable(network));
  }
  std::string words = fmt::format(" --network={} ", network);
  const std::string alias = alias_of(app, process, settings.computed(app, kTld));
  if (!alias.empty() && !is_builtin_network(network)) {
    words += fmt::format("--network-alias={} ", alias);
  }
  return words;
}

}  // namespace netports::network
