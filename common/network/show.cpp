#include "network/show.h"

#include <fmt/core.h>

#include "base/text.h"

namespace netports::network {

namespace {

constexpr std::size_t kLabelWidth = 16;

std::string row(std::string_view label, const std::string& value) {
  const std::string text = fmt::format("{:<{}}{}", fmt::format("{}:", label), kLabelWidth, value);
  return fmt::format("       {}\n", text.substr(0, text.find_last_not_of(' ') + 1));
}

}  // namespace

std::string network_json(const Network& network) {
  std::vector<std::string> labels;
  labels.reserve(network.labels.size());
  for (const auto& [name, value] : network.labels) {
    labels.push_back(fmt::format("{}:{}", json_quote(name), json_quote(value)));
  }
  return fmt::format(
      R"({{"CreatedAt":{},"DokkuManaged":{},"Driver":{},"ID":{},"Internal":{},"IPv6":{},)"
      R"("Labels":{{{}}},"Name":{},"Scope":{}}})",
      json_quote(network.created_at), network.dokku_managed(), json_quote(network.driver),
      json_quote(network.short_id()), network.internal, network.ipv6, join(labels, ","),
      json_quote(network.name), json_quote(network.scope));
}

std::string list_json(const std::vector<Network>& networks) {
  std::vector<std::string> entries;
  entries.reserve(networks.size());
  for (const auto& network : networks) entries.push_back(network_json(network));
  return fmt::format("[{}]\n", join(entries, ","));
}

std::string info_text(const Network& network) {
  std::vector<std::string> labels;
  labels.reserve(network.labels.size());
  for (const auto& [name, value] : network.labels) {
    labels.push_back(fmt::format("{}={}", printable(name), printable(value, 1000)));
  }
  const auto truth = [](bool value) { return std::string(value ? "true" : "false"); };
  return row("ID", printable(network.short_id())) + row("Name", printable(network.name, 1000)) +
         row("Driver", printable(network.driver)) + row("Scope", printable(network.scope)) +
         row("Dokku managed", truth(network.dokku_managed())) +
         row("Created at", printable(network.created_at)) +
         row("Internal", truth(network.internal)) + row("IPv6", truth(network.ipv6)) +
         row("Labels", join(labels, ", "));
}

}  // namespace netports::network
