#include "ports/mapping.h"

#include <fmt/core.h>

#include <map>
#include <set>

#include "base/text.h"
#include "ports/options.h"

namespace netports {

namespace {

/// One place of the text, for the message when it is wrong.
struct Place {
  const std::string& source;
  std::size_t line;
  std::string_view line_text;

  /// `at`: a piece of `line_text`.
  [[noreturn]] void refuse(std::string_view at, const std::string& reason,
                           std::size_t offset = 0) const {
    const auto column = static_cast<std::size_t>(at.data() - line_text.data()) + offset + 1;
    throw PortsFileError(source, line, column, reason);
  }
};

struct PortRange {
  unsigned first;
  unsigned last;
};

PortRange parse_range(std::string_view text, std::string_view what, const Place& place) {
  const auto dash = text.find('-');
  const auto number = [&](std::string_view digits) -> unsigned {
    if (const auto port = parse_port(digits)) return *port;
    place.refuse(digits,
                 fmt::format("\"{}\" is not a {} port (1 to 65535)", printable(digits), what));
  };
  PortRange range{number(text.substr(0, dash)), 0};
  range.last = dash == std::string_view::npos ? range.first : number(text.substr(dash + 1));
  if (range.last < range.first) {
    place.refuse(text, fmt::format("Range \"{}\" ends before it begins", printable(text)));
  }
  return range;
}

/// The address in front of the ports, cut off `text` together with its colon.
std::optional<IpAddress> take_address(std::string_view& text, const Place& place) {
  std::string_view address;
  std::string_view rest;
  const bool bracketed = text[0] == '[';
  if (bracketed) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || text.substr(end + 1, 1) != ":") {
      place.refuse(text, fmt::format("\"{}\" is not [address]:public:private", printable(text)));
    }
    address = text.substr(1, end - 1);
    rest = text.substr(end + 2);
  } else {
    // Two colons: the first piece is an IPv4 address. More: an IPv6 address without its brackets.
    const auto first = text.find(':');
    if (text.find(':', first + 1) == std::string_view::npos) return {};
    address = text.substr(0, first);
    rest = text.substr(first + 1);
    if (rest.find(':', rest.find(':') + 1) != std::string_view::npos) {
      place.refuse(text, fmt::format("\"{}\" is not public:private (IPv6 addresses stand in [])",
                                     printable(text)));
    }
  }
  const auto ip = IpAddress::parse(address);
  if (!ip || bracketed != (address.find(':') != std::string_view::npos)) {
    place.refuse(address, fmt::format("\"{}\" is not an {} address", printable(address),
                                      bracketed ? "IPv6" : "IPv4"));
  }
  text = rest;
  return ip;
}

/// Which line first claimed which public port, to find a second claim without comparing all.
class Claimed {
 public:
  /// The line of an earlier mapping that overlaps, else nothing and `listen` is noted.
  std::optional<std::size_t> take(const ListenAddress& listen, std::size_t line) {
    auto& same_port = by_port_[listen.port];
    for (const auto& [earlier, earlier_line] : same_port) {
      if (earlier.overlaps(listen)) return earlier_line;
    }
    same_port.emplace_back(listen, line);
    return {};
  }

 private:
  std::map<std::uint16_t, std::vector<std::pair<ListenAddress, std::size_t>>> by_port_;
};

void parse_line(const Place& place, std::vector<PortMapping>& mappings, Claimed& claimed) {
  if (const auto nul = place.line_text.find('\0'); nul != std::string_view::npos) {
    place.refuse(place.line_text.substr(nul), "NUL byte");
  }
  auto pieces = words(place.line_text);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i][0] == '#') pieces.resize(i);
  }
  if (pieces.empty()) return;

  const std::string_view word = pieces[0];
  std::string_view text = word;
  PortMapping mapping;
  mapping.listen.ip = take_address(text, place);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    place.refuse(word, fmt::format("\"{}\" is not public:private", printable(word)));
  }
  const PortRange listen = parse_range(text.substr(0, colon), "public", place);
  const PortRange inside = parse_range(text.substr(colon + 1), "private", place);
  if (listen.last - listen.first != inside.last - inside.first) {
    place.refuse(word, fmt::format("Ranges of \"{}\" are not of equal length", printable(word)));
  }

  std::set<std::string_view> seen;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (const auto fault = apply_option(pieces[i], mapping)) {
      place.refuse(pieces[i], fault->reason, fault->offset);
    }
    const auto name = pieces[i].substr(0, pieces[i].find('='));
    if (!seen.insert(name).second) {
      place.refuse(pieces[i], fmt::format("Option \"{}\" stands twice", name));
    }
  }

  for (unsigned i = 0; i <= listen.last - listen.first; ++i) {
    mapping.listen.port = static_cast<std::uint16_t>(listen.first + i);
    mapping.private_port = static_cast<std::uint16_t>(inside.first + i);
    if (mappings.size() == kMaxMappingsPerApp) {
      place.refuse(word, fmt::format("More than {} public ports", kMaxMappingsPerApp));
    }
    if (const auto line = claimed.take(mapping.listen, place.line)) {
      place.refuse(word, fmt::format("Public port {} is taken by line {} already",
                                     mapping.listen.text(), *line));
    }
    mappings.push_back(mapping);
  }
}

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text[0] == '0') return {};
  const auto port = parse_number(text, 65535);
  if (!port) return {};
  return static_cast<std::uint16_t>(*port);
}

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto colon = text.find_last_of(':');
  ListenAddress listen;
  if (colon != std::string_view::npos) {
    std::string_view address = text.substr(0, colon);
    const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
    if (bracketed) address = address.substr(1, address.size() - 2);
    listen.ip = IpAddress::parse(address);
    if (!listen.ip || bracketed != (address.find(':') != std::string_view::npos)) return {};
    text.remove_prefix(colon + 1);
  }
  const auto port = parse_port(text);
  if (!port) return {};
  listen.port = *port;
  return listen;
}

std::string ListenAddress::text() const {
  return ip ? ip->text_with_port(port) : fmt::format("{}", port);
}

bool ListenAddress::overlaps(const ListenAddress& other) const {
  if (port != other.port) return false;
  if (!ip || !other.ip || *ip == *other.ip) return true;
  return ip->is_v6() == other.ip->is_v6() && (ip->is_any() || other.ip->is_any());
}

std::string PortMapping::text() const {
  return fmt::format("{}:{}{}", listen.text(), private_port, options_text(*this));
}

std::vector<PortMapping> parse_ports(std::string_view text, const std::string& source) {
  if (text.size() > kMaxPortsFileBytes) {
    throw Error("{}: It is larger than {} bytes", source, kMaxPortsFileBytes);
  }
  std::vector<PortMapping> mappings;
  Claimed claimed;
  std::size_t number = 0;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    parse_line({source, ++number, line}, mappings, claimed);
  }
  return mappings;
}

std::string ports_text(const std::vector<PortMapping>& mappings) {
  std::string text;
  for (const auto& mapping : mappings) text += mapping.text() + "\n";
  return text;
}

}  // namespace netports
