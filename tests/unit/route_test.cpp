#include "forwarder/route.h"

#include <map>
#include <set>

#include "catch.h"
#include "forwarder/rate_limiter.h"

using namespace netports;

namespace {

Route route_with(unsigned backends, Balance balance) {
  PortMapping mapping;
  mapping.options.balance = balance;
  std::vector<std::shared_ptr<Backend>> made;
  for (unsigned i = 1; i <= backends; ++i) {
    made.push_back(std::make_shared<Backend>());
    made.back()->name = "web." + std::to_string(i);
  }
  return Route{"mail", mapping, made};
}

IpAddress client(unsigned i) {
  return *IpAddress::parse("203.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
}

}  // namespace

TEST_CASE("Route::pick takes backends in turn", "[route]") {
  const Route route = route_with(3, Balance::round_robin);
  std::map<std::string, int> seen;
  for (int i = 0; i < 9; ++i) ++seen[route.pick(0, client(1), 0)->name];
  CHECK(seen == std::map<std::string, int>{{"web.1", 3}, {"web.2", 3}, {"web.3", 3}});
}

TEST_CASE("Route::pick passes over a backend that is marked down until its pause ends", "[route]") {
  const Route route = route_with(2, Balance::round_robin);
  route.backends[0]->mark_down(1'000);
  for (int i = 0; i < 4; ++i) CHECK(route.pick(0, client(1), 1'001)->name == "web.2");
  std::set<std::string> later;
  for (int i = 0; i < 4; ++i) later.insert(route.pick(0, client(1), 100'000)->name);
  CHECK(later.size() == 2);
}

TEST_CASE("Route::pick tries those marked down when there is no other, then gives up", "[route]") {
  const Route route = route_with(2, Balance::round_robin);
  route.backends[0]->mark_down(0);
  route.backends[1]->mark_down(100);
  CHECK(route.pick(0, client(1), 200)->name == "web.1");
  CHECK(route.pick(2, client(1), 200) == nullptr);
  CHECK(route_with(0, Balance::source).pick(0, client(1), 0) == nullptr);
}

TEST_CASE("Backend::mark_down pauses longer each time, mark_up forgets", "[route]") {
  Backend backend;
  Millis last = 0;
  for (int i = 0; i < 5; ++i) {
    backend.mark_down(0);
    CHECK(backend.down_until > last);
    last = backend.down_until;
  }
  for (int i = 0; i < 100; ++i) backend.mark_down(0);
  CHECK(backend.down_until == 30'000);
  backend.mark_up();
  CHECK(backend.down_until == 0);
}

TEST_CASE("Route::pick by load takes the backend with the fewest connections", "[route]") {
  const Route route = route_with(3, Balance::least_connections);
  route.backends[0]->open = 5;
  route.backends[1]->open = 2;
  route.backends[2]->open = 9;
  for (int i = 0; i < 3; ++i) CHECK(route.pick(0, client(1), 0)->name == "web.2");
}

TEST_CASE("Route::pick by source moves only the clients of the backend that went", "[route]") {
  const Route three = route_with(3, Balance::source);
  Route two = route_with(3, Balance::source);
  two.backends.erase(two.backends.begin() + 1);
  std::map<std::string, int> share;
  for (unsigned i = 0; i < 3'000; ++i) {
    const std::string before = three.pick(0, client(i), 0)->name;
    CHECK(three.pick(0, client(i), 0)->name == before);
    const std::string after = two.pick(0, client(i), 0)->name;
    if (before != "web.2") CHECK(after == before);
    ++share[before];
  }
  for (const auto& [name, count] : share) CHECK(count > 700);
}

TEST_CASE("RateLimiter counts by source and second", "[route]") {
  RateLimiter limiter;
  CHECK(limiter.admit(client(1), 2, 5'000));
  CHECK(limiter.admit(client(1), 2, 5'500));
  CHECK_FALSE(limiter.admit(client(1), 2, 5'999));
  CHECK(limiter.admit(client(2), 2, 5'999));
  CHECK(limiter.admit(client(1), 2, 6'000));
}

TEST_CASE("RateLimiter takes the /64 of an IPv6 source as one", "[route]") {
  RateLimiter limiter;
  CHECK(limiter.admit(*IpAddress::parse("2001:db8::1"), 1, 0));
  CHECK_FALSE(limiter.admit(*IpAddress::parse("2001:db8::2"), 1, 0));
  CHECK(limiter.admit(*IpAddress::parse("2001:db8:0:1::1"), 1, 0));
}
