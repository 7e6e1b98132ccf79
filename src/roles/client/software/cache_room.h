// Decides which content leaves the cache to make room. It deletes nothing itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster::client {

struct CacheEntry {
  std::string name;
  std::uint64_t size_bytes = 0;
  Timestamp last_used;
  bool persistent = false;
};

// The names to delete, the longest unused first and no more than needed, so that `wanted_bytes`
// more fit below `limit_bytes`. Content that was used less than `keep` ago, or is persistent,
// stays. Nothing where that does not suffice: then nothing is to be deleted.
std::optional<std::vector<std::string>> plan_room(std::vector<CacheEntry> entries,
                                                  std::uint64_t limit_bytes,
                                                  std::uint64_t wanted_bytes, Timestamp now,
                                                  Duration keep);

}  // namespace muster::client
