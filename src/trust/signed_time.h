// The time of a client whose clock may be wrong: never before the newest time that the site signed.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace muster::trust {

class SignedTime {
 public:
  SignedTime() = default;
  // What was kept from the last run.
  explicit SignedTime(Timestamp newest) : newest_(newest) {}

  // Of a document whose signature was verified.
  void saw(Timestamp signed_time) { newest_ = std::max(newest_, signed_time); }
  Timestamp newest() const { return newest_; }
  // What every comparison with an expiry uses.
  Timestamp now(Timestamp clock) const { return std::max(newest_, clock); }

 private:
  Timestamp newest_;
};

}  // namespace muster::trust
