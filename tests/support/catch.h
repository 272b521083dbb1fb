// Catch2 version 2 or 3, whichever the system has.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace netports::test {
using Catch::Matchers::ContainsSubstring;
}  // namespace netports::test
#else
#include <catch2/catch.hpp>

namespace netports::test {
/// What version 3 calls so; its Contains asks for an element of a range.
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
}  // namespace netports::test
#endif
