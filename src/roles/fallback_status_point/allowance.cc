#include "roles/fallback_status_point/allowance.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace muster::fallback_status_point {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kMinutes = 60;

}  // namespace

std::uint64_t Allowance::take(std::uint64_t wanted, Timestamp now) {
  const std::int64_t minute = now.ms / kMinute;
  std::erase_if(by_minute_, [&](const auto& each) {
    return each.first < minute - kMinutes || each.first > minute + kMinutes;
  });
  std::uint64_t used = 0;
  for (const auto& [at, count] : by_minute_) used += count;
  const std::uint64_t taken = std::min(wanted, limit_ - std::min(limit_, used));
  if (taken > 0) by_minute_[minute] += taken;
  return taken;
}

void Allowance::give_back(std::uint64_t count, Timestamp now) {
  const auto taken = by_minute_.find(now.ms / kMinute);
  if (taken == by_minute_.end()) return;
  taken->second -= std::min(count, taken->second);
  if (taken->second == 0) by_minute_.erase(taken);
}

Bytes Allowance::state() const {
  ByteWriter out;
  out.varint(by_minute_.size());
  for (const auto& [minute, count] : by_minute_) {
    out.u64(static_cast<std::uint64_t>(minute));
    out.u64(count);
  }
  return std::move(out).take();
}

Result<void> Allowance::restore(ByteView state) {
  ByteReader in(state);
  std::map<std::int64_t, std::uint64_t> read;
  for (std::uint64_t left = TRY(in.varint()); left > 0; --left) {
    const auto minute = static_cast<std::int64_t>(TRY(in.u64()));
    read[minute] = TRY(in.u64());
  }
  by_minute_ = std::move(read);
  return {};
}

}  // namespace muster::fallback_status_point
