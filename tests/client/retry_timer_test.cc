#include "roles/client/retry_timer.h"

#include <gtest/gtest.h>

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(RetryTimer, KeepsItsPlaceWhenTheClockIsSetBack) {
  const Timestamp wrong{1'890'000'000'000};
  RetryTimer timer;
  timer.succeeded(wrong, hours(1));
  const Timestamp right = wrong - hours(24 * 365);
  timer.clock_set(right - wrong);
  EXPECT_FALSE(timer.due(right + minutes(59)));
  EXPECT_TRUE(timer.due(right + hours(1)));
}

TEST(RetryTimer, WaitsLongerAfterEachFailureUpToItsLongest) {
  const Timestamp now{1'790'000'000'000};
  RetryTimer timer;
  Duration last(0);
  for (int i = 0; i < 40; ++i) {
    timer.failed(now, minutes(1), hours(1), 0.5);
    const Duration wait = timer.next() - now;
    EXPECT_GE(wait, last);
    EXPECT_LE(wait, hours(1));
    last = wait;
  }
  EXPECT_EQ(last, hours(1));
}

}  // namespace
}  // namespace muster::client
