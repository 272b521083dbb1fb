#include "ports/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace netports {

namespace {

using std::chrono::milliseconds;

/// One option. `parse` puts `value` into the mapping, or says what is wrong where in `value`.
/// `text` gives the value to write back, empty when it is the default.
struct Option {
  std::string_view name;
  std::optional<OptionFault> (*parse)(std::string_view value, PortMapping& mapping);
  std::string (*text)(const PortMapping& mapping);
};

// --- values -------------------------------------------------------------------------------------

/// One word out of a few.
template <typename Value, std::size_t N>
std::optional<OptionFault> parse_choice(
    std::string_view text, const std::array<std::pair<std::string_view, Value>, N>& choices,
    Value& out) {
  std::string known;
  for (const auto& [name, value] : choices) {
    if (text == name) {
      out = value;
      return {};
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  }
  return OptionFault{0, fmt::format("\"{}\" is none of {}", printable(text), known)};
}

template <typename Value, std::size_t N>
std::string choice_text(const std::array<std::pair<std::string_view, Value>, N>& choices,
                        Value value) {
  for (const auto& [name, candidate] : choices) {
    if (candidate == value) return std::string(name);
  }
  return "";
}

std::optional<OptionFault> parse_count(std::string_view text, std::uint32_t& out) {
  const auto count = parse_number(text, 10'000'000);
  if (!count || *count == 0) {
    return OptionFault{0,
                       fmt::format("\"{}\" is not a number from 1 to 10000000", printable(text))};
  }
  out = static_cast<std::uint32_t>(*count);
  return {};
}

std::string count_text(std::uint32_t count) { return count == 0 ? "" : fmt::format("{}", count); }

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                            Unit{"h", 3'600'000}};
constexpr std::int64_t kLongestMilliseconds = 7LL * 24 * 3'600'000;

std::optional<OptionFault> parse_duration(std::string_view text, milliseconds& out) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_number(text.substr(0, digits), kLongestMilliseconds);
  for (const auto& unit : kUnits) {
    if (!count || *count == 0 || text.substr(digits) != unit.name) continue;
    const auto value = static_cast<std::int64_t>(*count);
    if (value > kLongestMilliseconds / unit.milliseconds) break;
    out = milliseconds(value * unit.milliseconds);
    return {};
  }
  return OptionFault{
      0, fmt::format("\"{}\" is not a time such as 500ms, 30s, 10m or 2h (168h at most)",
                     printable(text))};
}

std::string duration_text(milliseconds value, milliseconds otherwise) {
  if (value == otherwise) return "";
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    if (value.count() % unit->milliseconds == 0) {
      return fmt::format("{}{}", value.count() / unit->milliseconds, unit->name);
    }
  }
  return "";
}

constexpr std::size_t kMaxNetworks = 256;

std::optional<OptionFault> parse_networks(std::string_view text, std::vector<Cidr>& out) {
  std::vector<Cidr> networks;
  for (const auto piece : split(text, ',')) {
    const auto offset = static_cast<std::size_t>(piece.data() - text.data());
    const auto network = Cidr::parse(piece);
    if (!network) {
      return OptionFault{offset, fmt::format("\"{}\" is not an address or network (10.0.0.0/8)",
                                             printable(piece))};
    }
    if (networks.size() == kMaxNetworks) {
      return OptionFault{offset, fmt::format("More than {} networks", kMaxNetworks)};
    }
    networks.push_back(*network);
  }
  out = std::move(networks);
  return {};
}

/// Whether `networks` together cover all of `network`.
bool cover(const std::vector<Cidr>& networks, const Cidr& network) {
  std::vector<Cidr> inside;
  for (const auto& other : networks) {
    if (other.contains(network)) return true;
    if (network.contains(other)) inside.push_back(other);
  }
  if (inside.empty()) return false;
  const auto [lower, upper] = network.halves();
  return cover(inside, lower) && cover(inside, upper);
}

/// Whether each client that `allow` lets in is one that `deny` keeps out.
bool leaves_nobody(const MappingOptions& options) {
  static const std::vector<Cidr> everybody{*Cidr::parse("0.0.0.0/0"), *Cidr::parse("::/0")};
  const auto& allowed = options.allow.empty() ? everybody : options.allow;
  return std::all_of(allowed.begin(), allowed.end(),
                     [&](const Cidr& network) { return cover(options.deny, network); });
}

/// `allow` or `deny`; either may be the second of them.
std::optional<OptionFault> parse_clients(std::string_view text, std::vector<Cidr>& out,
                                         const MappingOptions& options) {
  auto fault = parse_networks(text, out);
  if (!fault && leaves_nobody(options)) {
    fault = OptionFault{0, options.allow.empty() ? R"(Option "deny" leaves no client)"
                                                 : R"(Options "allow" and "deny" leave no client)"};
  }
  return fault;
}

std::string networks_text(const std::vector<Cidr>& networks) {
  std::string text;
  for (const auto& network : networks) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", network.text());
  }
  return text;
}

// --- the options --------------------------------------------------------------------------------

constexpr std::array<std::pair<std::string_view, Balance>, 3> kBalances{
    {{"round-robin", Balance::round_robin},
     {"least-connections", Balance::least_connections},
     {"source", Balance::source}}};
constexpr std::array<std::pair<std::string_view, ProxyHeader>, 2> kProxyHeaders{
    {{"v1", ProxyHeader::v1}, {"v2", ProxyHeader::v2}}};
constexpr std::array<std::pair<std::string_view, Overflow>, 2> kOverflows{
    {{"queue", Overflow::queue}, {"reset", Overflow::reset}}};

std::optional<OptionFault> parse_process(std::string_view value, PortMapping& mapping) {
  if (!is_process_type(value)) {
    return OptionFault{0, fmt::format("\"{}\" is not a process type", printable(value))};
  }
  mapping.process = value;
  return {};
}

std::string process_text(const PortMapping& mapping) {
  return mapping.process == "web" ? "" : mapping.process;
}

const MappingOptions kDefaults;

constexpr std::array kOptions{
    Option{"process", parse_process, process_text},
    Option{"balance",
           [](std::string_view value, PortMapping& mapping) {
             return parse_choice(value, kBalances, mapping.options.balance);
           },
           [](const PortMapping& mapping) {
             return mapping.options.balance == Balance::round_robin
                        ? ""
                        : choice_text(kBalances, mapping.options.balance);
           }},
    Option{"proxy-protocol",
           [](std::string_view value, PortMapping& mapping) {
             return parse_choice(value, kProxyHeaders, mapping.options.proxy_protocol);
           },
           [](const PortMapping& mapping) {
             return choice_text(kProxyHeaders, mapping.options.proxy_protocol);
           }},
    Option{"accept-proxy",
           [](std::string_view value, PortMapping& mapping) {
             return parse_networks(value, mapping.options.accept_proxy);
           },
           [](const PortMapping& mapping) { return networks_text(mapping.options.accept_proxy); }},
    Option{"max-connections",
           [](std::string_view value, PortMapping& mapping) {
             return parse_count(value, mapping.options.max_connections);
           },
           [](const PortMapping& mapping) { return count_text(mapping.options.max_connections); }},
    Option{"overflow",
           [](std::string_view value, PortMapping& mapping) {
             return parse_choice(value, kOverflows, mapping.options.overflow);
           },
           [](const PortMapping& mapping) {
             return mapping.options.overflow == Overflow::queue
                        ? ""
                        : choice_text(kOverflows, mapping.options.overflow);
           }},
    Option{"max-rate",
           [](std::string_view value, PortMapping& mapping) {
             return parse_count(value, mapping.options.max_rate);
           },
           [](const PortMapping& mapping) { return count_text(mapping.options.max_rate); }},
    Option{"idle-timeout",
           [](std::string_view value, PortMapping& mapping) {
             return parse_duration(value, mapping.options.idle_timeout);
           },
           [](const PortMapping& mapping) {
             return duration_text(mapping.options.idle_timeout, kDefaults.idle_timeout);
           }},
    Option{"connect-timeout",
           [](std::string_view value, PortMapping& mapping) {
             return parse_duration(value, mapping.options.connect_timeout);
           },
           [](const PortMapping& mapping) {
             return duration_text(mapping.options.connect_timeout, kDefaults.connect_timeout);
           }},
    Option{"drain-timeout",
           [](std::string_view value, PortMapping& mapping) {
             return parse_duration(value, mapping.options.drain_timeout);
           },
           [](const PortMapping& mapping) {
             return duration_text(mapping.options.drain_timeout, kDefaults.drain_timeout);
           }},
    Option{"allow",
           [](std::string_view value, PortMapping& mapping) {
             return parse_clients(value, mapping.options.allow, mapping.options);
           },
           [](const PortMapping& mapping) { return networks_text(mapping.options.allow); }},
    Option{"deny",
           [](std::string_view value, PortMapping& mapping) {
             return parse_clients(value, mapping.options.deny, mapping.options);
           },
           [](const PortMapping& mapping) { return networks_text(mapping.options.deny); }},
};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::optional<OptionFault> apply_option(std::string_view word, PortMapping& mapping) {
  const auto equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const auto* const option =
      std::find_if(kOptions.begin(), kOptions.end(),
                   [&](const Option& candidate) { return candidate.name == name; });
  if (equals == std::string_view::npos || name.empty()) {
    return OptionFault{0, fmt::format("\"{}\" is not an option (key=value)", printable(word))};
  }
  if (option == kOptions.end()) {
    return OptionFault{0, fmt::format("Option \"{}\" is unknown", printable(name))};
  }
  auto fault = option->parse(word.substr(equals + 1), mapping);
  if (fault) fault->offset += equals + 1;
  return fault;
}

std::string options_text(const PortMapping& mapping) {
  std::string text;
  for (const auto& option : kOptions) {
    const std::string value = option.text(mapping);
    if (!value.empty()) text += fmt::format(" {}={}", option.name, value);
  }
  return text;
}

bool is_process_type(std::string_view name) {
  return !name.empty() && name.size() <= 63 && is_letter_or_digit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
}

}  // namespace netports
