// The request that a client leaves with its management point: when it asks, what an answer means
// and when it comes back after a lost connection. A machine without sockets or clock;
// docs/protocols/nudge.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "contract/nudge.h"
#include "roles/client/retry_timer.h"

namespace muster::client {

struct NudgeHoldSettings {
  Duration retry_first{0};
  Duration retry_longest{0};
};

class NudgeHold {
 public:
  // `random` outlives it.
  NudgeHold(NudgeHoldSettings settings, Random& random) : settings_(settings), random_(&random) {}

  bool due(Timestamp now) const { return timer_.due(now); }
  Timestamp next() const { return timer_.next(); }
  // Of the last answer that named a cycle: said with the request.
  std::uint64_t epoch() const { return epoch_; }

  // The request is on its way. `steady`: by the steady clock, as for held_too_long().
  void began(Duration steady) { since_ = steady; }
  // Longer than a management point may hold a request: the connection leads nowhere any more.
  bool held_too_long(Duration steady) const;
  // It could not be sent, or was put off. `asked`: how long the site wants to hear nothing.
  void failed(Timestamp now, Duration asked = Duration(0));
  // The connection is gone. All other clients may have lost theirs in the same moment.
  void lost(Timestamp now, Duration asked = Duration(0));

  struct Look {
    std::vector<std::string> cycles;  // a later site may know more of them than this client
    Timestamp at;
  };
  // Nothing as an answer: the site is older than nudges. What there is to look at, if anything.
  std::optional<Look> answered(const std::optional<contract::Nudge>& nudge, Timestamp now);
  void clock_set(Duration by) { timer_.clock_set(by); }

 private:
  double jitter() { return static_cast<double>(random_->below(1000)) / 1000; }

  NudgeHoldSettings settings_;
  Random* random_;
  RetryTimer timer_;
  std::uint64_t epoch_ = 0;
  std::optional<Duration> spread_;
  Duration since_{0};
};

}  // namespace muster::client
