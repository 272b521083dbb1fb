#include "dokku/flags.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace netports {

namespace {

/// What Go's strconv.ParseBool takes, as Dokku's own flags do.
constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};

template <typename Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The words that a flag takes; none when it takes any value.
std::vector<std::string_view> choices_of(const FlagRow& flag) {
  if (flag.value.starts_with('<')) return {};
  return split(flag.value, '|');
}

}  // namespace

Flags::Flags(const Entry& entry, const Command& command, const std::vector<std::string>& words)
    : synopsis_(full_synopsis(entry, command)), command_(command) {
  read(words);
}

void Flags::refuse(const std::string& cause) const {
  throw UsageError(fmt::format("Usage: dokku {}\n{}", synopsis_, cause));
}

void Flags::take(const FlagRow& flag, const std::string& value) {
  const auto refuse_value = [&](std::string_view wanted) {
    refuse(fmt::format("invalid argument \"{}\" for \"--{}\" flag: use {}", printable(value),
                       flag.name, wanted));
  };
  if (flag.value.empty()) {
    if (!contains(kTrue, value) && !contains(kFalse, value)) refuse_value("true or false");
  } else if (const auto choices = choices_of(flag); !choices.empty() && !contains(choices, value)) {
    refuse_value(join({choices.begin(), choices.end()}, " or "));
  }
  given_[flag.name].push_back(value);
}

void Flags::add_word(const std::string& word) {
  const bool room = command_.words == Words::app_and_more ||
                    (command_.words != Words::none && positionals_.empty());
  if (!room) refuse(fmt::format("unexpected word: {}", printable(word)));
  positionals_.push_back(word);
}

void Flags::read(const std::vector<std::string>& words) {
  const auto end_of_flags = std::find(words.begin(), words.end(), "--");
  help_wanted_ = std::any_of(words.begin(), end_of_flags, [](const std::string& word) {
    return word == "--help" || word == "-h";
  });
  if (help_wanted_) return;
  bool flags_end = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (flags_end || word.size() < 2 || word[0] != '-') {
      add_word(word);
      continue;
    }
    if (word == "--") {
      flags_end = true;
      continue;
    }
    if (word[1] != '-') refuse(fmt::format("unknown flag: {}", printable(word)));
    const auto equals = std::min(word.find('='), word.size());
    const FlagRow* found = flag_of(command_, std::string_view(word).substr(2, equals - 2));
    if (found == nullptr) {
      if (!command_.info_flags) {
        refuse(fmt::format("unknown flag: {}", printable(word.substr(0, equals))));
      }
      info_flags_.push_back(word);
    } else if (equals < word.size()) {
      take(*found, word.substr(equals + 1));
    } else if (found->value.empty()) {
      take(*found, "true");
    } else if (i + 1 < words.size()) {
      take(*found, words[++i]);
    } else {
      refuse(fmt::format("flag needs an argument: --{}", found->name));
    }
  }
}

const FlagRow& Flags::row(std::string_view name) const {
  const FlagRow* found = flag_of(command_, name);
  if (found == nullptr) throw std::logic_error(fmt::format("no flag --{}: {}", name, synopsis_));
  return *found;
}

bool Flags::flag(std::string_view name) const { return contains(kTrue, value(name)); }

std::string Flags::value(std::string_view name) const {
  const auto found = given_.find(row(name).name);
  return found == given_.end() ? std::string(row(name).otherwise) : found->second.back();
}

std::vector<std::string> Flags::values(std::string_view name) const {
  const auto found = given_.find(row(name).name);
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

bool Flags::given(std::string_view name) const { return given_.count(row(name).name) > 0; }

const std::string& Flags::positional(std::size_t index) const {
  static const std::string missing;
  return index < positionals_.size() ? positionals_[index] : missing;
}

std::vector<std::string> Flags::positionals_from(std::size_t index) const {
  if (index >= positionals_.size()) return {};
  return {positionals_.begin() + static_cast<std::ptrdiff_t>(index), positionals_.end()};
}

}  // namespace netports
