#include "simulator/time_tally.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace muster::simulator {

// Below kParts each microsecond has a bucket; above, each power of two has kParts / 2.
std::size_t TimeTally::bucket_of(std::uint64_t micros) {
  if (micros < kParts) return micros;
  const auto power = static_cast<std::size_t>(std::bit_width(micros)) - std::bit_width(kParts - 1);
  const std::size_t part = (micros >> power) - kParts / 2;
  return std::min(kParts + (power - 1) * kParts / 2 + part, kParts * kPowers - 1);
}

std::uint64_t TimeTally::upper_end(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const std::size_t power = (bucket - kParts) / (kParts / 2) + 1;
  const std::uint64_t part = (bucket - kParts) % (kParts / 2) + kParts / 2;
  return ((part + 1) << power) - 1;
}

void TimeTally::add(Micros time) {
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  ++buckets_[bucket_of(micros)];
  ++count_;
  longest_ = std::max(longest_, time);
}

TimeTally::Micros TimeTally::percentile(double percent) const {
  MUSTER_CHECK(percent > 0 && percent <= 100);
  if (count_ == 0) return Micros(0);
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(Micros(static_cast<std::int64_t>(upper_end(i))), longest_);
  }
  return longest_;
}

}  // namespace muster::simulator
