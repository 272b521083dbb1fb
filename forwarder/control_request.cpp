#include "forwarder/control_request.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "dokku/app.h"

namespace netports {

namespace {

using Verb = ControlRequest::Verb;

enum class Takes { nothing, app_or_nothing, app, addresses };

struct Known {
  std::string_view name;
  Verb verb;
  Takes takes;
};

constexpr std::array kKnown{Known{"reload", Verb::reload, Takes::app_or_nothing},
                            Known{"stop", Verb::stop, Takes::app},
                            Known{"probe", Verb::probe, Takes::addresses},
                            Known{"backends", Verb::backends, Takes::app},
                            Known{"connections", Verb::connections, Takes::app_or_nothing},
                            Known{"metrics", Verb::metrics, Takes::nothing},
                            Known{"status", Verb::status, Takes::app_or_nothing}};

}  // namespace

ControlRequest parse_control_request(std::string_view line) {
  const auto pieces = words(line);
  const std::string_view name = pieces.empty() ? "" : pieces[0];
  const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& candidate) { return candidate.name == name; });
  const bool has_argument = pieces.size() > 1;
  if (known == kKnown.end() || (known->takes == Takes::app && !has_argument) ||
      (known->takes == Takes::nothing && has_argument) ||
      (known->takes != Takes::addresses && pieces.size() > 2)) {
    throw Error("{} is not a request", printable(line));
  }
  ControlRequest request;
  request.verb = known->verb;
  if (known->takes == Takes::addresses) {
    for (std::size_t i = 1; i < pieces.size(); ++i) {
      const auto address = ListenAddress::parse(pieces[i]);
      if (!address) throw Error("{} is not an address to listen on", printable(pieces[i]));
      request.addresses.push_back(*address);
    }
  } else if (has_argument) {
    if (!is_app_name(pieces[1])) throw Error("{} is not an app name", printable(pieces[1]));
    request.app = pieces[1];
  }
  return request;
}

}  // namespace netports
