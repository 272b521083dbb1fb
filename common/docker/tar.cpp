#include "docker/tar.h"

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace netports {

namespace {

constexpr std::size_t kBlock = 512;

[[noreturn]] void damaged() { throw Error("Its archive is damaged"); }

/// A number field: octal digits ended by NUL or blank, or base 256 behind a set top bit.
std::uint64_t number(std::string_view field) {
  std::uint64_t value = 0;
  if ((static_cast<unsigned char>(field[0]) & 0x80) != 0) {
    for (std::size_t i = 0; i < field.size(); ++i) {
      const unsigned byte = static_cast<unsigned char>(field[i]) & (i == 0 ? 0x7fU : 0xffU);
      if (value >> 48 != 0) damaged();
      value = value << 8 | byte;
    }
    return value;
  }
  const auto first = field.find_first_not_of(' ');
  if (first == std::string_view::npos) return 0;
  for (const char c : field.substr(first)) {
    if (c == '\0' || c == ' ') break;
    if (c < '0' || c > '7') damaged();
    value = value << 3 | static_cast<unsigned>(c - '0');
  }
  return value;
}

void verify_checksum(std::string_view header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    // The field itself counts as blanks.
    sum += i >= 148 && i < 156 ? 0x20U : static_cast<unsigned char>(header[i]);
  }
  if (sum != number(header.substr(148, 8))) damaged();
}

/// The size that a pax header sets for the member behind it: records "<length> <key>=<value>\n".
std::optional<std::uint64_t> pax_size(std::string_view records) {
  std::optional<std::uint64_t> size;
  while (!records.empty()) {
    const auto blank = records.find(' ');
    if (blank == std::string_view::npos) damaged();
    const auto length = parse_number(records.substr(0, blank), records.size());
    if (!length || *length <= blank + 1 || records[*length - 1] != '\n') damaged();
    const auto record = records.substr(blank + 1, *length - blank - 2);
    if (record.starts_with("size=")) {
      size = parse_number(record.substr(5), UINT64_MAX);
      if (!size) damaged();
    }
    records.remove_prefix(*length);
  }
  return size;
}

}  // namespace

std::string first_tar_file(std::string_view archive, std::size_t max_bytes) {
  std::optional<std::uint64_t> size_override;
  while (archive.size() >= kBlock) {
    const std::string_view header = archive.substr(0, kBlock);
    verify_checksum(header);
    archive.remove_prefix(kBlock);
    std::uint64_t size = number(header.substr(124, 12));
    const char type = header[156];
    switch (type) {
      case 'x':  // pax, for the next member
      case 'g':  // pax, for all that follow
      case 'L':  // GNU, a long name
      case 'K':  // GNU, a long link target
        if (size > archive.size()) damaged();
        if (type == 'x') size_override = pax_size(archive.substr(0, size));
        size = (size + kBlock - 1) / kBlock * kBlock;
        archive.remove_prefix(std::min<std::uint64_t>(size, archive.size()));
        continue;
      case '0':
      case '7':
      case '\0':
        break;
      case '2':
        throw Error("It is a symlink");
      case '5':
        throw Error("It is a directory");
      default:
        throw Error("It is not a regular file");
    }
    if (size_override) size = *size_override;
    if (size > max_bytes) throw Error("It is larger than {} bytes", max_bytes);
    if (size > archive.size()) damaged();
    return std::string(archive.substr(0, size));
  }
  damaged();
}

}  // namespace netports
