// A file that lines are added to, such as a log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/os/fd.h"

namespace muster::os {

struct AppendFile {
  Fd fd;
  std::uint64_t size_bytes = 0;
};

// Opened or created for its owner and group; a link in its place is not followed. Not valid where
// that fails.
AppendFile open_append(const std::string& path);

// To the file, or to the standard error output where there is none. What cannot be written is lost.
void append(const AppendFile& file, std::string_view text);

}  // namespace muster::os
