#include "roles/management_point/intake_limit.h"

#include <algorithm>

namespace muster::management_point {
namespace {

double seconds_between(Timestamp from, Timestamp to) {
  return std::max(0.0, static_cast<double>(to.ms - from.ms) / 1000);
}

}  // namespace

bool IntakeLimit::take(const std::string& device, Timestamp now) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= rule_.devices) forget_full(now);
  Bucket& bucket = buckets_.try_emplace(device, Bucket{rule_.burst, now}).first->second;
  bucket.left =
      std::min(rule_.burst, bucket.left + seconds_between(bucket.at, now) * rule_.per_second);
  bucket.at = std::max(bucket.at, now);
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

// A full bucket says nothing that a new one would not say.
void IntakeLimit::forget_full(Timestamp now) {
  std::erase_if(buckets_, [&](const auto& each) {
    const Bucket& bucket = each.second;
    return bucket.left + seconds_between(bucket.at, now) * rule_.per_second >= rule_.burst;
  });
}

}  // namespace muster::management_point
