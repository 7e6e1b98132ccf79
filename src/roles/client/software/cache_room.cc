#include "roles/client/software/cache_room.h"

#include <algorithm>

namespace muster::client {

std::optional<std::vector<std::string>> plan_room(std::vector<CacheEntry> entries,
                                                  std::uint64_t limit_bytes,
                                                  std::uint64_t wanted_bytes, Timestamp now,
                                                  Duration keep) {
  if (wanted_bytes > limit_bytes) return std::nullopt;
  std::uint64_t used = 0;
  for (const CacheEntry& entry : entries) used += entry.size_bytes;
  std::ranges::stable_sort(entries, {}, &CacheEntry::last_used);
  std::vector<std::string> out;
  for (const CacheEntry& entry : entries) {
    if (used <= limit_bytes - wanted_bytes) break;
    // A time of use in the future is a clock that was wrong: it counts as just used.
    if (entry.persistent || now - entry.last_used < keep) continue;
    out.push_back(entry.name);
    used -= entry.size_bytes;
  }
  if (used > limit_bytes - wanted_bytes) return std::nullopt;
  return out;
}

}  // namespace muster::client
