// One line on the control socket, read and checked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/mapping.h"

namespace netports {

struct ControlRequest {
  enum class Verb { reload, stop, probe, backends, connections, metrics, status };

  Verb verb = Verb::status;
  std::string app;                       // empty: all
  std::vector<ListenAddress> addresses;  // of `probe`
};

/// Errors: Error that says what is wrong with `line`, fit for one line of an answer.
ControlRequest parse_control_request(std::string_view line);

}  // namespace netports
