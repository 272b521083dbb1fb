// Cutting and checking short texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace netports {

/// `text` without blanks, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);

/// The pieces between `separator`; "a,,b" gives three, "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The words of `text`, separated by any run of blanks and tabs.
std::vector<std::string_view> words(std::string_view text);

/// The pieces joined with `separator`.
std::string join(const std::vector<std::string>& pieces, std::string_view separator);

/// A decimal number without sign, blanks or anything else around it, at most `max`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max);

/// `text` fit for a line on a terminal: control characters and bytes that are no UTF-8 as \xNN,
/// cut with an ellipsis after `max_bytes`.
std::string printable(std::string_view text, std::size_t max_bytes = 200);

/// `text` as a JSON string with its quotes, escaped byte for byte as Go's encoding/json does: `<`,
/// `>` and `&` too, and what is no UTF-8 as the replacement character.
std::string json_quote(std::string_view text);

}  // namespace netports
