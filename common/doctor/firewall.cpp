#include "doctor/firewall.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "docker/json.h"
#include "ports/mapping.h"

namespace netports::doctor {

namespace {

using Range = std::pair<std::uint16_t, std::uint16_t>;
constexpr std::string_view kPortWord = "PORT";
constexpr Range kAllPorts{1, 65535};

/// "25", or a range with `between` in its middle.
std::optional<Range> parse_range(std::string_view text, char between) {
  const auto middle = text.find(between);
  const auto first = parse_port(text.substr(0, middle));
  const auto last = middle == std::string_view::npos ? first : parse_port(text.substr(middle + 1));
  if (!first || !last) return {};
  return Range{*first, *last};
}

/// A list of them, those of another form left out.
void add_ranges(std::string_view list, char between, std::vector<Range>& ranges) {
  for (const auto piece : split(list, ',')) {
    if (const auto range = parse_range(piece, between)) ranges.push_back(*range);
  }
}

/// Chains for what does not end at a program of this host.
bool is_elsewhere(std::string_view chain) {
  return chain == "FORWARD" || chain == "OUTPUT" || chain.starts_with("DOCKER");
}

// --- ufw ---------------------------------------------------------------------------------------

/// The ports in the first column: "25/tcp", "25,143/tcp", "6000:6010/tcp (v6)", "10.0.0.1 25/tcp".
void add_ufw_rule(std::string_view to, std::string_view from, std::vector<Range>& ranges) {
  if (trim(to).starts_with("Anywhere")) {
    // Everything, from some: no port is named by that.
    if (trim(from).starts_with("Anywhere")) ranges.push_back(kAllPorts);
    return;
  }
  for (auto word : words(to)) {
    const auto slash = word.find('/');
    if (slash != std::string_view::npos && word.substr(slash) != "/tcp") continue;
    add_ranges(word.substr(0, slash), ':', ranges);
  }
}

// --- nftables ----------------------------------------------------------------------------------

/// Whether `expression` is the statement `name`; of some the value is null.
bool is_statement(const json::Object& expression, std::string_view name) {
  const auto names = json::names(expression);
  return names.size() == 1 && names[0] == name;
}

void add_numbers(const std::vector<std::int64_t>& numbers, std::vector<Range>& ranges) {
  for (const auto number : numbers) {
    if (number < 1 || number > 65535) continue;
    ranges.emplace_back(static_cast<std::uint16_t>(number), static_cast<std::uint16_t>(number));
  }
}

/// {"range": [1, 2]}
void add_nft_range(const json::Object& value, std::vector<Range>& ranges) {
  std::vector<Range> ends;
  add_numbers(json::numbers(json::array(value, "range")), ends);
  if (ends.size() == 2) ranges.emplace_back(ends[0].first, ends[1].first);
}

void add_nft_elements(const json::Array& elements, std::vector<Range>& ranges) {
  add_numbers(json::numbers(elements), ranges);
  for (const auto& element : json::objects(elements)) add_nft_range(element, ranges);
}

using Sets = std::map<std::string, json::Array>;

/// What a port is compared with: 25, {"range": [1, 2]}, {"set": [...]}, "@name".
void add_nft_value(const json::Object& match, const Sets& sets, std::vector<Range>& ranges) {
  add_numbers({json::number(match, "right")}, ranges);
  const auto value = json::object(match, "right");
  add_nft_range(value, ranges);
  add_nft_elements(json::array(value, "set"), ranges);
  const std::string name = json::text(match, "right");
  const auto set = name.starts_with('@') ? sets.find(name.substr(1)) : sets.end();
  if (set != sets.end()) add_nft_elements(set->second, ranges);
}

bool is_tcp_port(const json::Object& left) {
  const auto payload = json::object(left, "payload");
  const std::string protocol = json::text(payload, "protocol");
  return (protocol == "tcp" || protocol == "th") && json::text(payload, "field") == "dport";
}

struct NftRule {
  std::vector<Range> ports;
  bool refuses = false;       // it ends in drop or reject
  bool unconditional = true;  // for every packet
};

NftRule parse_nft_rule(const json::Object& rule, const Sets& sets) {
  NftRule parsed;
  for (const auto& expression : json::objects(json::array(rule, "expr"))) {
    const auto match = json::object(expression, "match");
    if (is_tcp_port(json::object(match, "left")) && json::text(match, "op") != "!=") {
      add_nft_value(match, sets, parsed.ports);
    }
    if (is_statement(expression, "drop") || is_statement(expression, "reject")) {
      parsed.refuses = true;
    } else if (!is_statement(expression, "counter") && !is_statement(expression, "log")) {
      parsed.unconditional = false;
    }
  }
  return parsed;
}

}  // namespace

bool Firewall::names(std::uint16_t port) const {
  return std::any_of(named.begin(), named.end(), [&](const Range& range) {
    return range.first <= port && port <= range.second;
  });
}

std::string Firewall::allow_command(std::uint16_t port) const {
  std::string command = allow;
  const auto where = command.find(kPortWord);
  if (where != std::string::npos) command.replace(where, kPortWord.size(), std::to_string(port));
  return command;
}

Firewall parse_ufw(const std::string& text) {
  Firewall firewall;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("Status: active")) firewall.name = "ufw";
    if (line.starts_with("Default:")) firewall.drops = !trim(line.substr(8)).starts_with("allow");
    for (const std::string_view action : {" ALLOW", " LIMIT"}) {
      const auto column = line.find(action);
      if (column == std::string_view::npos) continue;
      const auto from = trim(line.substr(column + action.size()));
      if (from.starts_with("OUT") || from.starts_with("FWD")) continue;
      add_ufw_rule(line.substr(0, column), from.starts_with("IN") ? from.substr(2) : from,
                   firewall.named);
    }
  }
  firewall.allow = fmt::format("ufw allow {}/tcp", kPortWord);
  return firewall;
}

Firewall parse_firewalld(const std::string& text) {
  Firewall firewall{"firewalld", true};
  for (const auto line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto key = trim(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (key == "target") firewall.drops = value != "ACCEPT";
    if (key != "ports") continue;
    for (const auto word : words(value)) {
      if (word.ends_with("/tcp")) add_ranges(word.substr(0, word.size() - 4), '-', firewall.named);
    }
  }
  firewall.allow =
      fmt::format("firewall-cmd --permanent --add-port={}/tcp && firewall-cmd --reload", kPortWord);
  return firewall;
}

Firewall parse_iptables(const std::string& text) {
  Firewall firewall{"iptables"};
  for (const auto line : split(text, '\n')) {
    const auto pieces = words(trim(line));
    if (pieces.size() < 3) continue;
    if (pieces[0] == "-P") {
      if (pieces[1] == "INPUT" && pieces[2] == "DROP") firewall.drops = true;
      continue;
    }
    if (pieces[0] != "-A" || is_elsewhere(pieces[1])) continue;
    const auto jump = std::find(pieces.begin(), pieces.end(), "-j");
    const bool refuses = jump != pieces.end() && jump + 1 != pieces.end() &&
                         (jump[1] == "DROP" || jump[1] == "REJECT");
    if (refuses) {
      // Nothing between the chain and the verdict: for every packet that comes so far.
      if (pieces[1] == "INPUT" && jump == pieces.begin() + 2) firewall.drops = true;
      continue;
    }
    if (std::find(pieces.begin(), pieces.end(), "udp") != pieces.end()) continue;
    for (std::size_t i = 3; i < pieces.size(); ++i) {
      const bool ports = pieces[i - 1] == "--dport" || pieces[i - 1] == "--dports";
      if (ports && pieces[i - 2] != "!") add_ranges(pieces[i], ':', firewall.named);
    }
  }
  firewall.allow = fmt::format("iptables -I INPUT -p tcp --dport {} -j ACCEPT", kPortWord);
  return firewall;
}

Firewall parse_nftables(const std::string& text) {
  Firewall firewall{"nftables"};
  const auto entries =
      json::objects(json::array(json::parse_object(text, "the nftables ruleset"), "nftables"));
  Sets sets;
  std::map<std::string, std::string> hooks;  // by chain
  const auto path_of = [](const json::Object& part, const char* name) {
    return fmt::format("{} {} {}", json::text(part, "family"), json::text(part, "table"),
                       json::text(part, name));
  };
  const auto closes = [&](const std::string& chain) {
    firewall.drops = true;
    if (!firewall.allow.empty()) return;
    firewall.allow =
        fmt::format("nft insert rule {} tcp dport {} accept", printable(chain), kPortWord);
  };
  for (const auto& entry : entries) {
    if (const auto set = json::object(entry, "set"); set != nullptr) {
      sets[json::text(set, "name")] = json::array(set, "elem");
    }
    const auto chain = json::object(entry, "chain");
    if (!chain || json::text(chain, "type") != "filter") continue;
    hooks[path_of(chain, "name")] = json::text(chain, "hook");
    if (json::text(chain, "hook") == "input" && json::text(chain, "policy") == "drop") {
      closes(path_of(chain, "name"));
    }
  }
  for (const auto& entry : entries) {
    const auto rule = json::object(entry, "rule");
    if (!rule || is_elsewhere(json::text(rule, "chain"))) continue;
    const std::string chain = path_of(rule, "chain");
    const auto hook = hooks.find(chain);
    if (hook != hooks.end() && hook->second != "input") continue;
    auto parsed = parse_nft_rule(rule, sets);
    if (parsed.refuses) {
      if (parsed.unconditional && hook != hooks.end()) closes(chain);
      continue;
    }
    firewall.named.insert(firewall.named.end(), parsed.ports.begin(), parsed.ports.end());
  }
  return firewall;
}

}  // namespace netports::doctor
