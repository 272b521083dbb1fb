#include "dokku/flags.h"

#include <algorithm>

#include "base/error.h"
#include "dokku/log.h"

namespace netports {

namespace {

const std::string kEmpty;

/// What Go's strconv.ParseBool takes.
bool is_true(const std::string& text) {
  return text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" ||
         text == "True";
}

bool is_false(const std::string& text) {
  return text == "0" || text == "f" || text == "F" || text == "false" || text == "FALSE" ||
         text == "False";
}

}  // namespace

void Flags::add_bool(const std::string& name, const std::string& help) {
  flags_[name] = Flag{Type::boolean, help, "false"};
}

void Flags::add_string(const std::string& name, const std::string& help,
                       const std::string& otherwise) {
  flags_[name] = Flag{Type::string, help, otherwise};
}

void Flags::add_list(const std::string& name, const std::string& help) {
  flags_[name] = Flag{Type::list, help, ""};
}

std::string Flags::usage() const {
  std::size_t width = 0;
  const auto left = [](const std::string& name, const Flag& flag) {
    return fmt::format("      --{}{}", name,
                       flag.type == Type::boolean  ? ""
                       : flag.type == Type::string ? " string"
                                                   : " stringArray");
  };
  for (const auto& [name, flag] : flags_) width = std::max(width, left(name, flag).size());
  std::string text = fmt::format("Usage of {}:", command_);
  for (const auto& [name, flag] : flags_) {
    text += fmt::format("\n{:<{}}   {}", left(name, flag), width, flag.help);
    if (flag.type == Type::string && !flag.otherwise.empty()) {
      text += fmt::format(" (default \"{}\")", flag.otherwise);
    }
  }
  return text;
}

void Flags::refuse(const std::string& cause) const {
  throw UsageError(fmt::format("{}\n{}", usage(), cause));
}

void Flags::take(const std::string& name, const std::string& value) {
  Flag& flag = flags_.at(name);
  if (flag.type == Type::boolean && !is_true(value) && !is_false(value)) {
    refuse(fmt::format(
        "invalid argument \"{}\" for \"--{}\" flag: strconv.ParseBool: parsing \"{}\": invalid "
        "syntax",
        value, name, value));
  }
  if (flag.type != Type::list) flag.values.clear();
  flag.values.push_back(value);
  flag.given = true;
}

bool Flags::parse(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      positionals_.insert(positionals_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                          words.end());
      return true;
    }
    if (word.size() < 2 || word[0] != '-') {
      positionals_.push_back(word);
      continue;
    }
    if (word == "--help" || word == "-h") {
      log::reserve_stdout();
      log::plain("{}", usage());
      return false;
    }
    if (word[1] != '-') {
      refuse(fmt::format("unknown shorthand flag: '{}' in {}", word[1], word));
    }
    const auto equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto found = flags_.find(name);
    if (found == flags_.end()) refuse(fmt::format("unknown flag: --{}", name));
    if (equals != std::string::npos) {
      take(name, word.substr(equals + 1));
    } else if (found->second.type == Type::boolean) {
      take(name, "true");
    } else if (i + 1 < words.size()) {
      take(name, words[++i]);
    } else {
      refuse(fmt::format("flag needs an argument: --{}", name));
    }
  }
  return true;
}

const Flags::Flag& Flags::known(const std::string& name) const { return flags_.at(name); }

bool Flags::flag(const std::string& name) const {
  const Flag& found = known(name);
  return found.given && is_true(found.values.back());
}

const std::string& Flags::value(const std::string& name) const {
  const Flag& found = known(name);
  return found.given ? found.values.back() : found.otherwise;
}

const std::vector<std::string>& Flags::values(const std::string& name) const {
  return known(name).values;
}

bool Flags::given(const std::string& name) const { return known(name).given; }

const std::string& Flags::positional(std::size_t index) const {
  return index < positionals_.size() ? positionals_[index] : kEmpty;
}

}  // namespace netports
