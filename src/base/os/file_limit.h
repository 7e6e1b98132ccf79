// How many descriptors the process may have open.
#pragma once

#include <cstdint>

namespace muster::os {

// Raises the soft limit to `wanted`, as far as the hard one lets it, and never lowers it. Returns
// what holds now.
std::uint64_t raise_file_limit(std::uint64_t wanted);

}  // namespace muster::os
