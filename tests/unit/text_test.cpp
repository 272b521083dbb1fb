#include "base/text.h"

#include "catch.h"

using namespace netports;

TEST_CASE("words splits at any run of blanks and tabs", "[text]") {
  CHECK(words(" a\t b  ") == std::vector<std::string_view>{"a", "b"});
  CHECK(words("").empty());
}

TEST_CASE("parse_number takes plain decimal digits only", "[text]") {
  CHECK(parse_number("65535", 65535) == 65535U);
  for (const auto* wrong : {"", " 1", "1 ", "+1", "-1", "0x1", "65536", "99999999999999999999"}) {
    CHECK_FALSE(parse_number(wrong, 65535));
  }
}

TEST_CASE("printable shows control characters and broken UTF-8 as hex", "[text]") {
  CHECK(printable("a\x1b[2J\n") == "a\\x1b[2J\\x0a");
  CHECK(printable("gr\xc3\xbc\xc3") == "gr\xc3\xbc\\xc3");
  // Letters that nobody sees, or that turn round those behind them.
  CHECK(printable("a\u202eb") == "a\\xe2\\x80\\xaeb");
  CHECK(printable("\u200b\ufeff") == "\\xe2\\x80\\x8b\\xef\\xbb\\xbf");
  CHECK(printable("\u2027\u202f\u2010") == "\u2027\u202f\u2010");
  CHECK(printable(std::string(300, 'x'), 10) == "xxxxxxxxxx...");
}
