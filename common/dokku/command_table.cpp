#include "dokku/command_table.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"

namespace netports {

namespace {

constexpr std::string_view kNetworkSummary = "Manage network settings for an app";
constexpr std::string_view kPortsSummary = "Manage fixed public TCP ports of an app";

std::string_view summary_of(const Entry& entry) {
  return entry.acts_as(Role::network) ? kNetworkSummary : kPortsSummary;
}

}  // namespace

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {Role::network, "create", "<network>", "Creates an attachable docker network"},
      {Role::network, "destroy", "<network>", "Destroys a docker network"},
      {Role::network, "exists", "<network>", "Checks if a docker network exists"},
      {Role::network, "info", "<network> [--format text|json]",
       "Outputs information about a docker network"},
      {Role::network, "list", "[--format text|json] [--dokku-managed]",
       "Lists all docker networks"},
      {Role::network, "rebuild", "<app>", "Rebuilds network settings for an app"},
      {Role::network, "rebuildall", "", "Rebuild network settings for all apps"},
      {Role::network, "report", "[<app>] [<flag>]",
       "Displays a network report for one or more apps"},
      {Role::network, "set", "<app> <property> (<value>...)",
       "Set or clear a network property for an app"},
      {Role::ports, "ports", "[<app>] [--format text|json] [--connections] [--watch]",
       "Shows what is forwarded now and to which containers"},
      {Role::ports, "ports-check", "<file> [--format text|json]", "Checks a PORTS file"},
      {Role::ports, "ports-reload", "", "Makes the forwarder read all mappings again"},
      {Role::ports, "ports-set", "<app> <mapping>...",
       "Sets the port mappings of an app in place of its PORTS file"},
      {Role::ports, "set", "<app|--global> <property> (<value>)",
       "Set or clear a property: forward-via or allowed-ports"},
      {Role::ports, "takeover", "on|off|status",
       "Manages networks in place of Dokku's own network plugin"},
  };
  return table;
}

std::vector<Command> commands_of(const Entry& entry) {
  std::vector<Command> shown;
  for (const auto& command : command_table()) {
    const bool listed = std::any_of(shown.begin(), shown.end(), [&](const Command& other) {
      return other.name == command.name;
    });
    if (entry.acts_as(command.role) && !listed) shown.push_back(command);
  }
  return shown;
}

std::string synopsis(const Entry& entry, const Command& command) {
  const std::string_view gap = command.arguments.empty() ? "" : " ";
  return fmt::format("{}:{}{}{}", entry.name, command.name, gap, command.arguments);
}

std::string usage_text(const Entry& entry) {
  const auto commands = commands_of(entry);
  std::size_t width = 0;
  for (const auto& command : commands) width = std::max(width, synopsis(entry, command).size());
  std::string text = fmt::format("Usage: dokku {}[:COMMAND]\n\n{}\n\nAdditional commands:\n",
                                 entry.name, summary_of(entry));
  for (const auto& command : commands) {
    text += fmt::format("    {:<{}}  {}\n", synopsis(entry, command), width, command.description);
  }
  return text;
}

std::string help_lines(const Entry& entry, bool all) {
  if (!all) return fmt::format("\n    {}, {}\n", entry.name, summary_of(entry));
  std::string text = "\n";
  for (const auto& command : commands_of(entry)) {
    text += fmt::format("    {}, {}\n", synopsis(entry, command), command.description);
  }
  return text;
}

std::string usage_of(const Entry& entry, std::string_view name) {
  for (const auto& command : command_table()) {
    if (command.name == name) return fmt::format("Usage: dokku {}", synopsis(entry, command));
  }
  throw Error("No command is called {}", name);
}

}  // namespace netports
