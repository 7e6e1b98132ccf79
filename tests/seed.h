// The seed of this run: the suites print it, and MUSTER_SEED gives it again.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace muster {

inline std::uint64_t test_seed() {
  const char* given = std::getenv("MUSTER_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
}

}  // namespace muster
