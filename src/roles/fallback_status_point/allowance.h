// How many messages may go on to the site: at most a number in any 3,600 seconds, over restarts.
#pragma once

#include <cstdint>
#include <map>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::fallback_status_point {

// Counts by minute. A message counts until its whole minute is an hour old, so the stated number is
// never passed. A clock that goes back by up to an hour frees nothing; what was counted further
// ahead than that was counted by a wrong clock and is forgotten.
class Allowance {
 public:
  explicit Allowance(std::uint64_t limit) : limit_(limit) {}
  // How many of `wanted` may go now; they are counted.
  std::uint64_t take(std::uint64_t wanted, Timestamp now);
  // Of those that were taken at `now`, so many did not go.
  void give_back(std::uint64_t count, Timestamp now);

  // What a restart must not forget.
  Bytes state() const;
  // Error: kBadEncoding.
  Result<void> restore(ByteView state);

 private:
  std::uint64_t limit_;
  std::map<std::int64_t, std::uint64_t> by_minute_;
};

}  // namespace muster::fallback_status_point
