// When something is to be done next: at its interval after success, sooner and then ever later
// after failures.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace muster::client {

class RetryTimer {
 public:
  bool due(Timestamp now) const { return now >= next_; }
  Timestamp next() const { return next_; }

  void set(Timestamp next) {
    next_ = next;
    failures_ = 0;
  }
  // The clock was set by this much: what was to come in an hour still comes in an hour.
  void clock_set(Duration by) { next_ = next_ + by; }
  void succeeded(Timestamp now, Duration interval) { set(now + interval); }
  // Doubles from `first` to `longest`; `jitter` in [0, 1) spreads clients that failed together.
  void failed(Timestamp now, Duration first, Duration longest, double jitter) {
    Duration wait = first;
    for (unsigned i = 0; i < failures_ && wait < longest; ++i) wait *= 2;
    wait = std::min(wait, longest);
    const auto spread = static_cast<std::int64_t>(static_cast<double>(wait.count()) * jitter / 2);
    next_ = now + wait / 2 + Duration(spread) + wait / 4;
    failures_ = std::min(failures_ + 1, 30u);
  }

 private:
  Timestamp next_;
  unsigned failures_ = 0;
};

}  // namespace muster::client
