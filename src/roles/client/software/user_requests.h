// How many installations one user of the machine may ask for: each leaves lines in logs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/time.h"

namespace muster::client {

class UserRequests {
 public:
  static constexpr std::size_t kMost = 20;
  static constexpr Duration kWithin = std::chrono::hours(1);

  // FirstRefused: the first one over the limit, since one was admitted.
  enum class Admission { Admitted, FirstRefused, Refused };
  // `now` by the clock that is never set.
  Admission admit(std::uint32_t user, Duration now);
  // Users of whom something is kept.
  std::size_t users() const { return of_user_.size(); }

 private:
  struct Asked {
    std::deque<Duration> at;
    bool refused = false;
  };
  std::map<std::uint32_t, Asked> of_user_;
};

}  // namespace muster::client
