// The list of checks.
#pragma once

#include <vector>

#include "doctor/check.h"
#include "doctor/facts.h"

namespace netports::doctor {

/// Every check of the list, judged, in the order they are shown.
std::vector<Result> examine(const Facts& facts);

}  // namespace netports::doctor
