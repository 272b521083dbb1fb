#include "docker/engine.h"

#include "trickling_engine.h"

using namespace netports;
using namespace std::chrono_literals;
using Catch::Matchers::EndsWith;
using test::TricklingEngine;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kTimeout = 300ms;
constexpr auto kSoon = 5s;  // on a machine that is busy

const std::string kHeader = "HTTP/1.1 200 OK\r\nX-Slow: ";
const std::string kBody = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kChunkSize = kChunked + "fffff;";
const std::string kChunk = kChunked + "fffff\r\n";

}  // namespace

// The deadline was looked at once in 16 KiB of body, and never in the header.
TEST_CASE("a request to an Engine that trickles fails at its timeout", "[engine]") {
  const TricklingEngine trickling(GENERATE(kHeader, kBody, kChunkSize, kChunk));
  const Engine engine(trickling.endpoint(), kTimeout);
  const auto start = Clock::now();
  CHECK_THROWS_WITH(engine.request("GET", "/x"), EndsWith(": It does not answer"));
  const auto taken = Clock::now() - start;
  CHECK(taken >= kTimeout);
  CHECK(taken < kSoon);
}

TEST_CASE("a stream whose header trickles fails at the timeout", "[engine]") {
  const TricklingEngine trickling(kHeader);
  const Engine engine(trickling.endpoint(), kTimeout);
  const auto start = Clock::now();
  CHECK_THROWS_WITH(engine.stream("/events", 50ms, [](const std::string&) { return true; }),
                    EndsWith(": It does not answer"));
  CHECK(Clock::now() - start < kSoon);
}

// A line that never ended kept the caller from all else.
TEST_CASE("a stream that trickles a line has no deadline and looks at its caller", "[engine]") {
  const TricklingEngine trickling(GENERATE(kBody, kChunkSize, kChunk));
  const Engine engine(trickling.endpoint(), kTimeout);
  const auto start = Clock::now();
  engine.stream("/events", 50ms, [&](const std::string& line) {
    CHECK(line.empty());
    return Clock::now() - start < 3 * kTimeout;
  });
  CHECK(Clock::now() - start >= 3 * kTimeout);
  CHECK(Clock::now() - start < kSoon);
}

TEST_CASE("what the caller of a stream throws comes out of it", "[engine]") {
  const TricklingEngine trickling(kChunk);
  const Engine engine(trickling.endpoint(), kTimeout);
  const auto fail = [](const std::string&) -> bool { throw std::bad_alloc(); };
  CHECK_THROWS_AS(engine.stream("/events", 50ms, fail), std::bad_alloc);
}
