#include "base/text.h"

#include <fmt/format.h>

#include <charconv>

namespace netports {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Length of the UTF-8 sequence that starts `text`, 0 when it is none.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);
  return overlong || outside ? 0 : length;
}

/// The same, and 0 for a control character.
std::size_t printable_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x20 || lead == 0x7f) return 0;
  const std::size_t length = utf8_length(text);
  if (length == 0) return 0;
  if (lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) return 0;  // C1 controls
  // What is not seen, or turns round what is: zero width, bidirectional controls, line separators.
  const std::string_view letter = text.substr(0, length);
  if ((letter >= "\u200b" && letter <= "\u200f") || (letter >= "\u2028" && letter <= "\u202e") ||
      (letter >= "\u2060" && letter <= "\u2069") || letter == "\u061c" || letter == "\ufeff") {
    return 0;
  }
  return length;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const auto at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (true) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return found;
    text.remove_prefix(first);
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  return fmt::format("{}", fmt::join(pieces, separator));
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return {};
  return value;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= max_bytes) return out + "...";
    if (const auto length = printable_length(text); length > 0) {
      out += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view unit = text.substr(0, length == 0 ? 1 : length);
    const auto byte = static_cast<unsigned char>(unit[0]);
    if (length == 0) {
      out += "\\ufffd";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += unit;
    } else if (const auto at = std::string_view("\b\f\n\r\t").find(unit[0]);
               length == 1 && at != std::string_view::npos) {
      out += '\\';
      out += "bfnrt"[at];
    } else if (byte < 0x20 || byte == '<' || byte == '>' || byte == '&') {
      out += fmt::format("\\u{:04x}", byte);
    } else if (unit == "\u2028" || unit == "\u2029") {
      out += unit == "\u2028" ? "\\u2028" : "\\u2029";
    } else {
      out += unit;
    }
    text.remove_prefix(unit.size());
  }
  return out + '"';
}

}  // namespace netports
