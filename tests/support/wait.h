// Waiting for something to become so, never for a time to pass.
#pragma once

#include <chrono>
#include <functional>

namespace netports::test {

/// How long a helper waits for what must happen. Far more than it takes: sanitizers and busy
/// machines count too.
inline constexpr std::chrono::seconds kDeadline{30};

/// Asks again and again until `condition` holds; false when it did not within `limit`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = kDeadline);

}  // namespace netports::test
