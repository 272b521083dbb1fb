// Reading one file out of a tar archive that nobody vouches for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace netports {

/// The content of the first member of `archive`, which must be a regular file. Understands ustar,
/// pax and GNU headers. `archive` may be cut off behind what is asked for.
/// Errors: Error "It is a symlink", "It is a directory", "It is not a regular file", "It is larger
/// than <max_bytes> bytes", "Its archive is damaged".
std::string first_tar_file(std::string_view archive, std::size_t max_bytes);

}  // namespace netports
