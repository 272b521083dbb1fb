#include "network/names.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace netports::network {

namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters and digits, and behind the first of them `_`, `.` and `-` too.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && is_letter_or_digit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_dns_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

}  // namespace

bool is_network_name(std::string_view name) { return is_plain_name(name); }

bool is_alias(std::string_view name) { return is_plain_name(name); }

bool is_process_type(std::string_view name) { return is_plain_name(name); }

bool is_dns_name(std::string_view name) {
  const auto labels = split(name, '.');
  return name.size() <= 253 && std::all_of(labels.begin(), labels.end(), is_dns_label);
}

bool is_builtin_network(std::string_view name) {
  return name == "bridge" || name == "host" || name == "none" || name == "default";
}

const std::string& require_network_name(const std::string& name) {
  if (name.empty()) throw Error("No network name specified");
  if (!is_network_name(name)) throw Error("Invalid network name: {}", printable(name));
  return name;
}

}  // namespace netports::network
