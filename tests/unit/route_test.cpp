#include "forwarder/route.h"

#include <algorithm>
#include <map>

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
  for (int i = 0; i < 9; ++i) ++seen[route.pick({}, client(1))->name];
  CHECK(seen == std::map<std::string, int>{{"web.1", 3}, {"web.2", 3}, {"web.3", 3}});
}

TEST_CASE("Route::pick gives each of those that are up the same share", "[route]") {
  const Route route = route_with(3, Balance::round_robin);
  route.backends[0]->down = true;
  std::map<std::string, int> seen;
  for (int i = 0; i < 8; ++i) ++seen[route.pick({}, client(1))->name];
  CHECK(seen == std::map<std::string, int>{{"web.2", 4}, {"web.3", 4}});
  route.backends[0]->down = false;
  for (int i = 0; i < 9; ++i) ++seen[route.pick({}, client(1))->name];
  CHECK(seen["web.1"] == 3);
}

TEST_CASE("Route::pick gives each backend one chance, those that are down last", "[route]") {
  const auto balance = GENERATE(Balance::round_robin, Balance::least_connections, Balance::source);
  const Route route = route_with(4, balance);
  route.backends[0]->down = true;
  route.backends[2]->down = true;
  Backends tried;
  while (const auto backend = route.pick(tried, client(1))) {
    CHECK(backend->down == (tried.size() >= 2));
    CHECK(std::find(tried.begin(), tried.end(), backend) == tried.end());
    tried.push_back(backend);
    REQUIRE(tried.size() <= 4);
  }
  CHECK(tried.size() == 4);
  CHECK(route_with(0, balance).pick({}, client(1)) == nullptr);
}

TEST_CASE("Route::pick by load takes the backend with the fewest connections", "[route]") {
  const Route route = route_with(3, Balance::least_connections);
  route.backends[0]->open = 5;
  route.backends[1]->open = 2;
  route.backends[2]->open = 9;
  for (int i = 0; i < 3; ++i) CHECK(route.pick({}, client(1))->name == "web.2");
}

TEST_CASE("Route::pick by source moves only the clients of the backend that went", "[route]") {
  const Route three = route_with(3, Balance::source);
  Route two = route_with(3, Balance::source);
  two.backends.erase(two.backends.begin() + 1);
  std::map<std::string, int> share;
  for (unsigned i = 0; i < 3'000; ++i) {
    const std::string before = three.pick({}, client(i))->name;
    CHECK(three.pick({}, client(i))->name == before);
    const std::string after = two.pick({}, client(i))->name;
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
