#include "forwarder/engine_watch.h"

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

#include "trickling_engine.h"

namespace {

thread_local bool next_allocation_fails = false;

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::exchange(next_allocation_fails, false) ? nullptr : std::malloc(size + 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace netports;

// What the watch says of a failure is longer than what fits without memory: the process ended.
TEST_CASE("EngineWatch goes on when memory is out while it tells of a failure", "[engine]") {
  const test::TricklingEngine engine(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n");
  std::atomic<int> changes{0};
  const EngineWatch watch(engine.endpoint(), [&](const std::string&, const std::string&) {
    if (++changes > 1) return;
    const std::runtime_error error(
        "A reason that is much too long to be kept in the string itself");
    next_allocation_fails = true;
    throw error;
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (changes < 2 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(changes == 2);
}
