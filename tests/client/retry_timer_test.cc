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

TEST(RetryTimer, IsNotDueBeforeABusySiteHasAskedWhateverElseComes) {
  const Timestamp now{1'790'000'000'000};
  RetryTimer timer;
  timer.failed(now, minutes(1), hours(1), 0.0, minutes(30));
  EXPECT_EQ(timer.next(), now + minutes(30));
  timer.set(now + minutes(1));  // a new message wants to be sent at once
  EXPECT_FALSE(timer.due(now + minutes(29)));
  EXPECT_TRUE(timer.due(now + minutes(30)));
  timer.clock_set(hours(-5));
  EXPECT_TRUE(timer.due(now - hours(5) + minutes(30)));
  timer.set(now - hours(5));
  EXPECT_FALSE(timer.due(now - hours(5) + minutes(29)));
}

TEST(RetryTimer, ClientsThatWereAskedForOneTimeDoNotComeTogether) {
  const Timestamp now{1'790'000'000'000};
  RetryTimer first, last;
  first.failed(now, minutes(1), hours(1), 0.0, minutes(20));
  last.failed(now, minutes(1), hours(1), 0.999, minutes(20));
  EXPECT_GE(last.next() - first.next(), minutes(4));
  EXPECT_LE(last.next() - now, minutes(25));
}

TEST(RetryTimer, FollowsNoWishBeyondItsLongestWait) {
  const Timestamp now{1'790'000'000'000};
  RetryTimer timer;
  timer.failed(now, minutes(1), hours(1), 0.0, hours(24));
  EXPECT_EQ(timer.next(), now + hours(1));
  // A shorter wish than its own wait shortens nothing.
  timer.failed(now, minutes(40), hours(1), 0.0, minutes(1));
  EXPECT_GE(timer.next() - now, minutes(30));
}

TEST(RetryTimer, ForgetsTheWishAfterASuccess) {
  const Timestamp now{1'790'000'000'000};
  RetryTimer timer;
  timer.failed(now, minutes(1), hours(1), 0.0, minutes(30));
  timer.succeeded(now, minutes(2));
  timer.set(now);
  EXPECT_TRUE(timer.due(now));
}

}  // namespace
}  // namespace muster::client
