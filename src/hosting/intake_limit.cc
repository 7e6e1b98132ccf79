#include "hosting/intake_limit.h"

#include <algorithm>

#include "model/ip_address.h"

namespace muster::hosting {
namespace {

constexpr Duration kSweepInterval = std::chrono::seconds(1);
constexpr unsigned kSubscriberBits = 64;

double seconds_between(Timestamp from, Timestamp to) {
  return std::max(0.0, static_cast<double>(to.ms - from.ms) / 1000);
}

}  // namespace

bool IntakeLimit::take(const std::string& sender, Timestamp now) {
  const std::lock_guard lock(mutex_);
  auto found = buckets_.find(sender);
  if (found == buckets_.end()) {
    if (buckets_.size() >= rule_.senders) forget_full(now);
    if (buckets_.size() >= rule_.senders) return false;
    found = buckets_.emplace(sender, Bucket{rule_.burst, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.left =
      std::min(rule_.burst, bucket.left + seconds_between(bucket.at, now) * rule_.per_second);
  bucket.at = std::max(bucket.at, now);
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

// A full bucket says nothing that a new one would not say. Not at every call: many senders that
// came at once would make each of them pay for all.
void IntakeLimit::forget_full(Timestamp now) {
  if (now < next_sweep_ && next_sweep_ <= now + kSweepInterval) return;
  next_sweep_ = now + kSweepInterval;
  std::erase_if(buckets_, [&](const auto& each) {
    const Bucket& bucket = each.second;
    return bucket.left + seconds_between(bucket.at, now) * rule_.per_second >= rule_.burst;
  });
}

std::string intake_sender(const std::string& address) {
  const auto parsed = model::IpAddress::parse(address);
  if (!parsed || !parsed->is_v6()) return address;
  return parsed->first_of(kSubscriberBits).text();
}

}  // namespace muster::hosting
