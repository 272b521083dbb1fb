#include "docker/tar.h"

#include <fmt/core.h>

#include <random>

#include "base/error.h"
#include "catch.h"

using namespace netports;

namespace {

std::string header(char type, std::uint64_t size, const std::string& size_field = "") {
  std::string block(512, '\0');
  block.replace(0, 5, "PORTS");
  block.replace(124, 11, size_field.empty() ? fmt::format("{:011o}", size) : size_field);
  block[156] = type;
  block.replace(257, 5, "ustar");
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return block;
}

std::string padded(std::string text) {
  text.resize((text.size() + 511) / 512 * 512);
  return text;
}

std::string member(char type, const std::string& content) {
  return header(type, content.size()) + padded(content);
}

std::string refusal(const std::string& archive, std::size_t max_bytes = 1000) {
  try {
    (void)first_tar_file(archive, max_bytes);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

const std::string kEnd(1024, '\0');

}  // namespace

TEST_CASE("first_tar_file reads regular files of every kind of header", "[docker]") {
  CHECK(first_tar_file(member('0', "25:5025") + kEnd, 1000) == "25:5025");
  CHECK(first_tar_file(member('\0', "25:5025") + kEnd, 1000) == "25:5025");
  CHECK(first_tar_file(member('0', ""), 1000) == "");
  CHECK(first_tar_file(header('0', 7) + "25:5025", 1000) == "25:5025");  // padding cut off
  CHECK(first_tar_file(member('L', "a/long/name") + member('0', "x"), 1000) == "x");
  CHECK(first_tar_file(member('g', "11 a=b c d\n") + member('0', "x"), 1000) == "x");
  CHECK(first_tar_file(member('x', "10 size=2\n") + header('0', 0) + padded("25"), 1000) == "25");
  const std::string base256 = std::string("\x80\0\0\0\0\0\0\0\0\0\0", 11);
  CHECK(first_tar_file(header('0', 0, base256), 1000) == "");
}

TEST_CASE("first_tar_file refuses what is no regular file", "[docker]") {
  CHECK(refusal(member('2', "")) == "It is a symlink");
  CHECK(refusal(member('5', "")) == "It is a directory");
  for (const char type : {'1', '3', '4', '6', 'S', '?'}) {
    CHECK(refusal(member(type, "")) == "It is not a regular file");
  }
}

TEST_CASE("first_tar_file is bounded", "[docker]") {
  CHECK(refusal(member('0', std::string(1000, 'x'))) == "");
  CHECK(refusal(member('0', std::string(1001, 'x'))) == "It is larger than 1000 bytes");
  CHECK(refusal(header('0', 1ULL << 32)) == "It is larger than 1000 bytes");
  CHECK(refusal(member('x', "20 size=99999999999\n") + member('0', "x")) ==
        "It is larger than 1000 bytes");
}

TEST_CASE("first_tar_file finds damage", "[docker]") {
  std::string flipped = member('0', "x");
  flipped[3] ^= 1;
  std::string base256 = header('0', 0, std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  for (const auto& archive :
       {std::string(), std::string("x"), flipped, base256, kEnd, header('0', 5) + "1234",
        header('x', 1 << 20), member('x', "5 size=1\n") + member('0', "x"),
        member('x', "size=1\n") + member('0', "x"), member('x', "999 size=1\n"),
        member('x', "12 size=abc\n") + member('0', "x"), header('0', 0, "99999999999"),
        std::string(5000, 'A')}) {
    CHECK(refusal(archive) == "Its archive is damaged");
  }
}

TEST_CASE("first_tar_file survives random changes", "[docker]") {
  std::minstd_rand random(7);
  const std::string good = member('x', "10 size=2\n") + member('0', "25");
  for (int i = 0; i < 20'000; ++i) {
    std::string archive = good;
    for (int k = 0; k < 3; ++k) archive[random() % archive.size()] = static_cast<char>(random());
    archive.resize(random() % (archive.size() + 1));
    (void)refusal(archive);
  }
}
