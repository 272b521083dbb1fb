// Connecting to many ports at once, to see whether somebody is there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"

namespace netports::doctor {

struct DialTarget {
  IpAddress address;
  std::uint16_t port = 0;
};

struct DialResult {
  std::string error;            // why it was not accepted; empty when it was
  bool closed_at_once = false;  // by the other side, without a byte
};

/// One result a target, in their order. Connects to all at once, waits at most `timeout` for those
/// that do not answer, then `patience` for those that might close, and sends nothing.
std::vector<DialResult> dial(const std::vector<DialTarget>& targets,
                             std::chrono::milliseconds timeout, std::chrono::milliseconds patience);

}  // namespace netports::doctor
