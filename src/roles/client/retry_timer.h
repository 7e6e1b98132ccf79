// When something is to be done next: at its interval after success, sooner and then ever later
// after failures, and not before a busy site has asked for it.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace muster::client {

class RetryTimer {
 public:
  bool due(Timestamp now) const { return now >= next_; }
  Timestamp next() const { return next_; }

  void set(Timestamp next) {
    next_ = std::max(next, not_before_);
    failures_ = 0;
  }
  // The clock was set by this much: what was to come in an hour still comes in an hour.
  void clock_set(Duration by) {
    next_ = next_ + by;
    not_before_ = not_before_ + by;
  }
  void succeeded(Timestamp now, Duration interval) {
    not_before_ = {};
    set(now + interval);
  }
  // Doubles from `first` to `longest`; `jitter` in [0, 1) spreads clients that failed together.
  // `asked`: for how long a busy site wants to hear nothing. Nothing else brings the moment nearer
  // then, but beyond `longest` it is not followed: a wrong answer must not keep the client away.
  void failed(Timestamp now, Duration first, Duration longest, double jitter,
              Duration asked = Duration(0)) {
    Duration wait = first;
    for (unsigned i = 0; i < failures_ && wait < longest; ++i) wait *= 2;
    wait = std::min(wait, longest);
    next_ = now + wait / 2 + part(wait, jitter / 2) + wait / 4;
    failures_ = std::min(failures_ + 1, 30u);
    if (asked == Duration(0)) return;
    asked = std::min(asked, longest);
    not_before_ = now + asked + part(asked, jitter / 4);
    next_ = std::max(next_, not_before_);
  }

 private:
  static Duration part(Duration whole, double of) {
    return Duration(static_cast<std::int64_t>(static_cast<double>(whole.count()) * of));
  }

  Timestamp next_;
  Timestamp not_before_;
  unsigned failures_ = 0;
};

}  // namespace muster::client
