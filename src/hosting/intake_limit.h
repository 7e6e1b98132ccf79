// How much one sender may bring: a client that runs wild, or a stranger at one address, must not
// use up what is there for all.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace muster::hosting {

struct IntakeRule {
  double burst = 2000;            // messages at once, as after a day without a site
  double per_second = 5;          // in the long run
  std::size_t senders = 100'000;  // remembered at most; beyond it new ones wait
};

// A token bucket per sender. Safe from many threads.
class IntakeLimit {
 public:
  explicit IntakeLimit(IntakeRule rule = {}) : rule_(rule) {}
  // Whether one more message of the sender is taken now.
  bool take(const std::string& sender, Timestamp now);

 private:
  struct Bucket {
    double left;
    Timestamp at;
  };
  void forget_full(Timestamp now);

  IntakeRule rule_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  Timestamp next_sweep_;
};

// Whom an address counts as: itself, or its network of 64 bits, which is one subscriber's in IPv6.
std::string intake_sender(const std::string& address);

}  // namespace muster::hosting
