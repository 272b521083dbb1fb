// Connections one after the other, as a test's load.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>

namespace netports::test {

/// Until stopped: connects, is greeted with "hello", has a byte echoed, closes.
class Load {
 public:
  struct Counts {
    int tried = 0;
    int failed = 0;
  };

  explicit Load(std::uint16_t port);
  ~Load() { stop_ = true; }  // and waits
  Counts stop();

 private:
  std::atomic<bool> stop_{false};
  std::future<Counts> counts_;
};

}  // namespace netports::test
