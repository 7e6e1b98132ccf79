// What this process takes of the machine now.
#pragma once

#include <cstdint>

namespace muster::os {

struct ProcessUse {
  std::uint64_t cpu_us = 0;  // user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_limit = 0;
  std::int64_t started_s = 0;  // Unix time
};
// What cannot be read is 0.
ProcessUse process_use();

}  // namespace muster::os
