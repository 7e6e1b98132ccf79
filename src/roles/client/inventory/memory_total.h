// The memory that the system can use.
#pragma once

#include <cstdint>
#include <optional>

#include "roles/client/inventory/source.h"

namespace muster::client {

// MemTotal of /proc/meminfo, in mebibytes.
std::optional<std::int64_t> total_memory_mb(const Source& source);

}  // namespace muster::client
