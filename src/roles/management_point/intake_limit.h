// How many messages one device may bring: a client that runs wild must not fill the inbox for all.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace muster::management_point {

struct IntakeRule {
  double burst = 2000;            // messages at once, as after a day without a site
  double per_second = 5;          // in the long run
  std::size_t devices = 100'000;  // remembered at most
};

// A token bucket per device. Safe from many threads.
class IntakeLimit {
 public:
  explicit IntakeLimit(IntakeRule rule = {}) : rule_(rule) {}
  // Whether one more message of the device is taken now.
  bool take(const std::string& device, Timestamp now);

 private:
  struct Bucket {
    double left;
    Timestamp at;
  };
  void forget_full(Timestamp now);

  IntakeRule rule_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace muster::management_point
