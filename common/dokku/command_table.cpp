#include "dokku/command_table.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"

namespace netports {

namespace {

constexpr std::string_view kNetworkSummary = "Manage network settings for an app";
constexpr std::string_view kPortsSummary = "Manage fixed public TCP ports of an app";

constexpr std::string_view kNetworkProperties =
    "attach-post-create   networks to attach new containers to, before they start\n"
    "attach-post-deploy   networks to attach deployed containers to, when they run\n"
    "bind-all-interfaces  true: publish web's ports on all addresses of the host; false\n"
    "initial-network      one network, in place of Docker's bridge\n"
    "static-web-listener  <ip>:<port> or <ip>: where the proxy sends visitors; not --global\n"
    "tld                  a DNS name, put behind each alias\n"
    "Without a value the property is cleared.\n";

constexpr FlagRow kFormat{"format", "text|json", "how to print it", "text"};
constexpr FlagRow kReportFormat{"format", "stdout|json", "how to print it", "stdout"};
constexpr FlagRow kReportGlobal{"global", "", "what holds for all apps"};

std::string_view summary_of(const Entry& entry) {
  return entry.acts_as(Role::network) ? kNetworkSummary : kPortsSummary;
}

struct HelpLine {
  std::string flag;
  std::string help;
};

std::vector<HelpLine> flag_lines(const Entry& entry, const Command& command) {
  std::vector<HelpLine> lines;
  for (const auto& flag : command.flags) {
    HelpLine line{fmt::format("      --{}", flag.name), std::string(flag.help)};
    if (!flag.value.empty()) line.flag += fmt::format(" {}", flag.value);
    if (!flag.otherwise.empty()) line.help += fmt::format(" (default: {})", flag.otherwise);
    if (flag.repeated) line.help += "; may be repeated";
    lines.push_back(std::move(line));
  }
  if (command.info_flags) {
    const std::string_view prefix = command.role == Role::network ? "network" : entry.name;
    lines.push_back({fmt::format("      --{}-<key>", prefix), "one value of the report alone"});
  }
  lines.push_back({"  -h, --help", "this text"});
  return lines;
}

}  // namespace

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {Role::network,
       "create",
       "<network>",
       "Creates an attachable docker network",
       Words::one,
       {
           {"driver", "<name>", "bridge, macvlan, ipvlan, overlay or a plugin's", "bridge"},
           {"gateway", "<ip>", "gateway of the --subnet it lies in", "", true},
           {"internal", "", "no way out of the network"},
           {"ipv6", "", "give IPv6 addresses too"},
           {"label", "<key>=<value>", "label of the network", "", true},
           {"opt", "<key>=<value>", "option of the driver", "", true},
           {"subnet", "<ip>/<length>", "addresses to give", "", true},
       },
       false,
       "",
       "<network> [<flag>...]"},
      {Role::network,
       "destroy",
       "<network>",
       "Destroys a docker network",
       Words::one,
       {{"force", "", "do not ask for confirmation"}},
       false,
       "",
       "<network> [--force]"},
      {Role::network, "exists", "<network>", "Checks if a docker network exists", Words::one},
      {Role::network,
       "info",
       "<network> [--format text|json]",
       "Outputs information about a docker network",
       Words::one,
       {kFormat}},
      {Role::network,
       "list",
       "[--format text|json] [--dokku-managed]",
       "Lists all docker networks",
       Words::none,
       {{"dokku-managed", "", "only networks that Dokku made"}, kFormat}},
      {Role::network, "rebuild", "<app>", "Rebuilds network settings for an app", Words::app},
      {Role::network, "rebuildall", "", "Rebuild network settings for all apps", Words::none},
      {Role::network,
       "report",
       "[<app>] [<flag>]",
       "Displays a network report for one or more apps",
       Words::app,
       {kReportFormat, kReportGlobal},
       true,
       "",
       "[<app>] [<flag>] [--global] [--format stdout|json]"},
      {Role::network,
       "set",
       "<app> <property> (<value>...)",
       "Set or clear a network property for an app",
       Words::app_and_more,
       {{"global", "", "set it for all apps that have no value of their own"}},
       false,
       kNetworkProperties,
       "<app|--global> <property> (<value>...)"},
      {Role::ports,
       "doctor",
       "[--format text|json]",
       "Checks this host and says what is wrong and what to do",
       Words::none,
       {kFormat}},
      {Role::ports,
       "ports",
       "[<app>] [--format text|json] [--connections] [--watch]",
       "Shows what is forwarded now and to which containers",
       Words::app,
       {
           {"connections", "", "who is connected, and to which container"},
           kFormat,
           {"watch", "", "refresh every second, on a terminal"},
       }},
      {Role::ports,
       "ports-check",
       "<file> [--app <app>] [--format text|json]",
       "Checks a PORTS file",
       Words::one,
       {
           {"app", "<app>", "check also that property allowed-ports lets this app have the ports"},
           kFormat,
       },
       false,
       "<file> is a path on this host. - reads stdin, so that a file of another machine can be\n"
       "checked: ssh dokku@<host> netports:ports-check - <PORTS\n"},
      {Role::ports, "ports-reload", "", "Makes the forwarder read all mappings again", Words::none},
      {Role::ports,
       "ports-set",
       "<app> [<mapping>...]",
       "Sets the port mappings of an app in place of its PORTS file",
       Words::app_and_more,
       {},
       false,
       "<mapping> is public:private as in a PORTS file, with its options as words of their own.\n"
       "none in place of mappings: no public port at all. Without any the PORTS file counts "
       "again.\n"},
      {Role::ports,
       "report",
       "[<app>] [<flag>] [--global] [--format stdout|json]",
       "Displays a report of the public ports of one or more apps",
       Words::app,
       {kReportFormat, kReportGlobal},
       true},
      {Role::ports,
       "set",
       "<app|--global> <property> (<value>)",
       "Set or clear a property: forward-via or allowed-ports",
       Words::app_and_more,
       {{"global", "", "set it for all apps that have no value of their own"}},
       false,
       "forward-via    container: to the container's own address (default)\n"
       "               published: to a port that Docker publishes on 127.0.0.1\n"
       "allowed-ports  ports and ranges that may be claimed, as 25,1024-65535, or none\n"
       "               (default: every port but 22, 80 and 443)\n"
       "The properties of network:set are taken too. Without a value the property is cleared.\n"},
      {Role::ports,
       "takeover",
       "on|off|status",
       "Manages networks in place of Dokku's own network plugin",
       Words::one,
       {},
       false,
       "on      this plugin answers network:* and Dokku's network triggers\n"
       "off     Dokku's own plugin does so again\n"
       "status  says which plugin does\n"},
  };
  return table;
}

std::vector<Command> commands_of(const Entry& entry) {
  std::vector<Command> shown;
  for (const auto& command : command_table()) {
    if (entry.acts_as(command.role) && &command_of(entry, command.name) == &command) {
      shown.push_back(command);
    }
  }
  return shown;
}

const Command& command_of(const Entry& entry, std::string_view name) {
  static const Command plugin{Role::network, "", "", "", Words::none};
  if (name.empty()) return plugin;
  const Command* found = nullptr;
  for (const auto& command : command_table()) {
    if (command.name != name) continue;
    if (entry.acts_as(command.role)) return command;
    if (found == nullptr) found = &command;
  }
  if (found == nullptr) throw Error("No command is called {}", name);
  return *found;
}

const FlagRow* flag_of(const Command& command, std::string_view name) {
  const auto found = std::find_if(command.flags.begin(), command.flags.end(),
                                  [&](const FlagRow& flag) { return flag.name == name; });
  return found == command.flags.end() ? nullptr : &*found;
}

std::string synopsis(const Entry& entry, const Command& command) {
  return fmt::format("{}{}{}{}{}", entry.name, command.name.empty() ? "" : ":", command.name,
                     command.arguments.empty() ? "" : " ", command.arguments);
}

std::string full_synopsis(const Entry& entry, const Command& command) {
  Command full = command;
  if (!full.all_arguments.empty()) full.arguments = full.all_arguments;
  return synopsis(entry, full);
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

std::string help_text(const Entry& entry, const Command& command) {
  if (command.name.empty()) return usage_text(entry);
  const auto lines = flag_lines(entry, command);
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.flag.size());
  std::string text =
      fmt::format("Usage: dokku {}\n\n{}\n\n{}{}Flags:\n", full_synopsis(entry, command),
                  command.description, command.notes, command.notes.empty() ? "" : "\n");
  for (const auto& line : lines) text += fmt::format("{:<{}}   {}\n", line.flag, width, line.help);
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

}  // namespace netports
