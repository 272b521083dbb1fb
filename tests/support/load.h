// Connections one after the other, as a test's load.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <string>

namespace netports::test {

/// The numbers of the releases that may answer. While a deploy is under way there are two.
struct Releases {
  std::atomic<int> oldest{0};
  std::atomic<int> newest{0};
};

/// Until stopped: connects, is greeted, has a byte echoed, closes.
class Load {
 public:
  struct Counts {
    int tried = 0;
    int failed = 0;
  };

  /// The greeting is "hello".
  explicit Load(std::uint16_t port);
  /// The greeting is the number of a release that may have been connected to, or it has failed.
  Load(std::uint16_t port, const Releases& releases);
  ~Load() { stop_ = true; }  // and waits
  Counts stop();

 private:
  using Greeted = std::function<bool(const std::string& greeting)>;
  /// `before_connect` gives what judges the greeting.
  Load(std::uint16_t port, std::function<Greeted()> before_connect);

  std::atomic<bool> stop_{false};
  std::future<Counts> counts_;
};

}  // namespace netports::test
