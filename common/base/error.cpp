#include "base/error.h"

#include <system_error>

namespace netports {

std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace netports
