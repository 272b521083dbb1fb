#include "ports/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace netports {

namespace {

/// One option. `parse` puts `value` into the mapping, or says what is wrong where in `value`.
/// `text` gives the value to write back, empty when it is the default. An option without `parse`
/// has a known name and no meaning in this version.
struct Option {
  std::string_view name;
  std::optional<OptionFault> (*parse)(std::string_view value, PortMapping& mapping);
  std::string (*text)(const PortMapping& mapping);
};

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

constexpr std::array kOptions{
    Option{"process", parse_process, process_text}, Option{"balance", nullptr, nullptr},
    Option{"proxy-protocol", nullptr, nullptr},     Option{"max-connections", nullptr, nullptr},
    Option{"idle-timeout", nullptr, nullptr},       Option{"allow", nullptr, nullptr},
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
  if (option->parse == nullptr) {
    return OptionFault{0, fmt::format("Option \"{}\" is not supported yet", name)};
  }
  auto fault = option->parse(word.substr(equals + 1), mapping);
  if (fault) fault->offset += equals + 1;
  return fault;
}

std::string options_text(const PortMapping& mapping) {
  std::string text;
  for (const auto& option : kOptions) {
    const std::string value = option.text == nullptr ? "" : option.text(mapping);
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
