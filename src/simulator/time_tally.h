// Times and their percentiles, in memory that does not grow with how many there are.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace muster::simulator {

// A histogram whose buckets are at most 1/32 of their value wide, from one microsecond to about an
// hour; longer times count as the longest.
class TimeTally {
 public:
  using Micros = std::chrono::microseconds;

  void add(Micros time);
  std::uint64_t count() const { return count_; }
  // The time that `percent` of all did not exceed, at most 1/32 too long; 0 where there are none.
  // `percent` above 0, at most 100.
  Micros percentile(double percent) const;
  Micros longest() const { return longest_; }

 private:
  static constexpr std::size_t kParts = 64;
  static constexpr std::size_t kPowers = 27;

  static std::size_t bucket_of(std::uint64_t micros);
  static std::uint64_t upper_end(std::size_t bucket);

  std::array<std::uint32_t, kParts * kPowers> buckets_{};
  std::uint64_t count_ = 0;
  Micros longest_{0};
};

}  // namespace muster::simulator
