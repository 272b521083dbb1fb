// The table of subcommands, and command lines read by it.
#include "dokku/command_table.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "catch.h"
#include "dokku/flags.h"

using namespace netports;

namespace {

using Strings = std::vector<std::string>;

Entry entry_of(const std::string& name, const std::string& plugin = "netports") {
  Entry entry;
  entry.name = name;
  entry.plugin_name = plugin;
  return entry;
}

const Entry kNetwork = entry_of("network");
const Entry kNetports = entry_of("netports");

Flags read(const std::string& command, const Strings& words) {
  return Flags(kNetwork, command_of(kNetwork, command), words);
}

/// The last line of what is said of a command line that is wrong.
std::string cause(const std::string& command, const Strings& words) {
  try {
    (void)read(command, words);
    return "";
  } catch (const UsageError& error) {
    const std::string text = error.what();
    return text.substr(text.rfind('\n') + 1);
  }
}

/// The words of a synopsis that are no flags.
Strings plain_words(std::string_view arguments) {
  Strings plain;
  bool in_flag = false;
  for (const auto word : words(arguments)) {
    if (word.starts_with("[--")) in_flag = true;
    if (!in_flag && !word.starts_with("[<flag>")) plain.emplace_back(word);
    if (word.ends_with(']')) in_flag = false;
  }
  return plain;
}

}  // namespace

TEST_CASE("a row's synopsis, words and flags agree, and Dokku's help can show it", "[commands]") {
  for (const auto& command : command_table()) {
    CAPTURE(command.name);
    CHECK(command.arguments.find(',') == std::string_view::npos);
    CHECK(command.description.find(',') == std::string_view::npos);
    CHECK_FALSE(command.description.empty());
    if (!command.notes.empty()) CHECK(command.notes.ends_with("\n"));
    for (const auto arguments :
         {command.arguments,
          command.all_arguments.empty() ? command.arguments : command.all_arguments}) {
      const auto plain = plain_words(arguments);
      const bool app = !plain.empty() && plain[0].find("<app") != std::string::npos;
      switch (command.words) {
        case Words::none:
          CHECK(plain.empty());
          break;
        case Words::one:
          CHECK((plain.size() == 1 && !app));
          break;
        case Words::app:
          CHECK((plain.size() == 1 && app));
          break;
        case Words::app_and_more:
          CHECK((plain.size() > 1 && app));
          break;
      }
      for (const auto word : words(arguments)) {
        if (!word.starts_with("[--")) continue;
        CAPTURE(word);
        CHECK(flag_of(command, word.substr(3, word.find(']') - 3)) != nullptr);
      }
    }
    CHECK(std::is_sorted(command.flags.begin(), command.flags.end(),
                         [](const auto& a, const auto& b) { return a.name < b.name; }));
    for (const auto& flag : command.flags) CHECK_FALSE(flag.help.empty());
  }
}

TEST_CASE("command_of prefers the row of a role that the entry has", "[commands]") {
  CHECK(command_of(kNetwork, "report").role == Role::network);
  CHECK(command_of(kNetports, "report").role == Role::ports);
  CHECK(command_of(kNetports, "set").role == Role::ports);
  CHECK(command_of(kNetports, "create").role == Role::network);
  const Entry both = entry_of("network", "network");
  CHECK(command_of(both, "report").role == Role::network);
  CHECK(command_of(both, "ports").role == Role::ports);
  std::set<std::string_view> names;
  for (const auto& command : commands_of(both)) CHECK(names.insert(command.name).second);
  for (const auto& command : command_table()) CHECK(names.contains(command.name));
  CHECK_THROWS_AS(command_of(kNetwork, "nosuch"), Error);
}

TEST_CASE("help_text has synopsis, description and every flag", "[commands]") {
  CHECK(help_text(kNetports, command_of(kNetports, "create")) ==
        "Usage: dokku netports:create <network> [<flag>...]\n"
        "\n"
        "Creates an attachable docker network\n"
        "\n"
        "Flags:\n"
        "      --driver <name>          bridge, macvlan, ipvlan, overlay or a plugin's (default: "
        "bridge)\n"
        "      --gateway <ip>           gateway of the --subnet it lies in; may be repeated\n"
        "      --internal               no way out of the network\n"
        "      --ipv6                   give IPv6 addresses too\n"
        "      --label <key>=<value>    label of the network; may be repeated\n"
        "      --opt <key>=<value>      option of the driver; may be repeated\n"
        "      --subnet <ip>/<length>   addresses to give; may be repeated\n"
        "  -h, --help                   this text\n");
  const auto report = help_text(kNetports, command_of(kNetports, "report"));
  CHECK(report.find("\n      --netports-<key>       one value of the report alone\n") !=
        std::string::npos);
  CHECK(help_text(kNetports, command_of(kNetports, "")) == usage_text(kNetports));
  CHECK(help_text(kNetports, command_of(kNetports, "takeover")) ==
        "Usage: dokku netports:takeover on|off|status\n"
        "\n"
        "Manages networks in place of Dokku's own network plugin\n"
        "\n"
        "on      this plugin answers network:* and Dokku's network triggers\n"
        "off     Dokku's own plugin does so again\n"
        "status  says which plugin does\n"
        "\n"
        "Flags:\n"
        "  -h, --help   this text\n");
}

// The plugin's help is Dokku's own, word for word; --help has every flag.
TEST_CASE("full_synopsis has what Dokku's help leaves out", "[commands]") {
  for (const auto& [name, own, full] : std::vector<std::array<std::string, 3>>{
           {"create", "<network>", "<network> [<flag>...]"},
           {"destroy", "<network>", "<network> [--force]"},
           {"report", "[<app>] [<flag>]", "[<app>] [<flag>] [--global] [--format stdout|json]"},
           {"set", "<app> <property> (<value>...)", "<app|--global> <property> (<value>...)"},
           {"exists", "<network>", "<network>"}}) {
    const Command& command = command_of(kNetwork, name);
    CHECK(synopsis(kNetwork, command) == "network:" + name + " " + own);
    CHECK(full_synopsis(kNetwork, command) == "network:" + name + " " + full);
    CHECK(help_text(kNetwork, command)
              .starts_with("Usage: dokku " + full_synopsis(kNetwork, command) + "\n"));
  }
}

TEST_CASE("Flags reads flags anywhere, and -- ends them", "[commands]") {
  const auto flags = read("create", {"--opt", "a=1", "n1", "--opt=b=2", "--ipv6", "--driver", "x"});
  CHECK(flags.positional(0) == "n1");
  CHECK(flags.positional(1).empty());
  CHECK(flags.values("opt") == Strings{"a=1", "b=2"});
  CHECK(flags.flag("ipv6"));
  CHECK_FALSE(flags.flag("internal"));
  CHECK(flags.value("driver") == "x");
  CHECK(read("create", {}).value("driver") == "bridge");
  CHECK(read("create", {"--driver=x", "--driver=y"}).value("driver") == "y");
  CHECK(read("create", {"--", "--ipv6"}).positional(0) == "--ipv6");
  CHECK(read("destroy", {"--force=false", "n1"}).given("force"));
  CHECK_FALSE(read("destroy", {"--force=false", "n1"}).flag("force"));
  CHECK(read("ports-set", {"mail", "25:5025", "process=x"}).positionals_from(1) ==
        Strings{"25:5025", "process=x"});
}

// A word too many was passed over: `destroy a b` destroyed a.
TEST_CASE("Flags refuses what the row does not have", "[commands]") {
  CHECK(cause("list", {"--foo=1"}) == "unknown flag: --foo");
  CHECK(cause("list", {"-x"}) == "unknown flag: -x");
  CHECK(cause("info", {"n1", "--format"}) == "flag needs an argument: --format");
  CHECK(cause("list", {"--format", "yaml"}) ==
        R"(invalid argument "yaml" for "--format" flag: use text or json)");
  CHECK(cause("list", {"--format="}) ==
        R"(invalid argument "" for "--format" flag: use text or json)");
  CHECK(cause("destroy", {"--force=xx"}) ==
        R"(invalid argument "xx" for "--force" flag: use true or false)");
  CHECK(cause("destroy", {"a", "b"}) == "unexpected word: b");
  CHECK(cause("rebuild", {"a", "b\x1b"}) == "unexpected word: b\\x1b");
  CHECK(cause("rebuildall", {""}) == "unexpected word: ");
  CHECK(cause("set", {"a", "b", "c", "d"}).empty());
  CHECK_THROWS_WITH(read("list", {"a"}),
                    "Usage: dokku network:list [--format text|json] [--dokku-managed]\n"
                    "unexpected word: a");
}

TEST_CASE("Flags sees --help before anything that is wrong, but not behind --", "[commands]") {
  for (const auto* help : {"--help", "-h"}) {
    CHECK(read("list", {help}).help_wanted());
    CHECK(read("list", {"a", "b", "--foo", help}).help_wanted());
    CHECK_FALSE(read("create", {"--", help}).help_wanted());
  }
}

TEST_CASE("Flags keeps the flags of a report that it does not know", "[commands]") {
  CHECK(read("report", {"app", "--network-tld"}).info_flags() == Strings{"--network-tld"});
  CHECK(read("report", {"--format=json"}).info_flags().empty());
  CHECK(cause("report", {"app", "other"}) == "unexpected word: other");
}
