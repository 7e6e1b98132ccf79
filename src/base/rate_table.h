// Token buckets for keys that strangers choose, in memory that does not grow.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster {

struct RateRule {
  double burst = 0;  // at once, after a rest
  double per_second = 0;
};

// A key has one cell in each of two rows; it is over its rate when both are empty. Keys that share
// a cell share its bucket, so one who takes more than his share empties two cells, and whoever
// meets one of them has the other. Safe from many threads.
class RateTable {
 public:
  static constexpr std::size_t kCells = 65'536;  // of a row: 1 MiB in all

  // `hash_key` has kHashKeySize bytes and is secret: else keys could be chosen that share both
  // cells with another's.
  RateTable(RateRule rule, Bytes hash_key, std::size_t cells = kCells);

  // Whether `cost` more is in the key's bucket, which it then leaves. `now` is a steady time.
  bool take(std::string_view key, double cost, Duration now);

 private:
  struct Cell {
    float used = 0;  // of the burst
    std::uint32_t at_ms = 0;
  };
  bool has_room(Cell& cell, double cost, std::uint32_t now_ms) const;

  const RateRule rule_;
  const Bytes hash_key_;
  std::mutex mutex_;
  std::vector<Cell> rows_[2];
};

}  // namespace muster
