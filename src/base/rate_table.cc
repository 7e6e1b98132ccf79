#include "base/rate_table.h"

#include <algorithm>

#include "base/check.h"
#include "base/keyed_hash.h"

namespace muster {
namespace {
constexpr std::int32_t kOlderTimeMs = 60'000;
}

RateTable::RateTable(RateRule rule, Bytes hash_key, std::size_t cells)
    : rule_(rule), hash_key_(std::move(hash_key)) {
  MUSTER_CHECK(cells > 0 && hash_key_.size() == kHashKeySize && rule.burst >= 1);
  for (auto& row : rows_) row.resize(cells);
}

// Milliseconds that turn over after 49 days: a cell that rested for half of them counts as used a
// little longer. A thread may come with a time that is a little older than another's.
bool RateTable::has_room(Cell& cell, double cost, std::uint32_t now_ms) const {
  const auto rested_ms = static_cast<std::int32_t>(now_ms - cell.at_ms);
  if (rested_ms > 0) {
    const double back = rested_ms / 1000.0 * rule_.per_second;
    cell.used = static_cast<float>(std::max(0.0, cell.used - back));
  }
  if (rested_ms > 0 || rested_ms < -kOlderTimeMs) cell.at_ms = now_ms;
  return cell.used + cost <= rule_.burst;
}

bool RateTable::take(std::string_view key, double cost, Duration now) {
  const auto words = keyed_hash_words(hash_key_, key);
  const auto now_ms = static_cast<std::uint32_t>(now.count());
  const std::lock_guard lock(mutex_);
  bool taken = false;
  bool room[2];
  for (std::size_t i = 0; i < 2; ++i) {
    room[i] = has_room(rows_[i][words[i] % rows_[i].size()], cost, now_ms);
    taken = taken || room[i];
  }
  if (!taken) return false;
  for (std::size_t i = 0; i < 2; ++i)
    if (room[i]) rows_[i][words[i] % rows_[i].size()].used += static_cast<float>(cost);
  return true;
}

}  // namespace muster
