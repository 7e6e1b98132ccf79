#include "hosting/intake_limit.h"

#include <gtest/gtest.h>

namespace muster::hosting {
namespace {

Timestamp at_second(std::int64_t seconds) { return Timestamp{1'800'000'000'000 + seconds * 1000}; }

TEST(IntakeLimit, TakesABurstThenTheLongRunsShare) {
  IntakeLimit limit({.burst = 10, .per_second = 2, .senders = 100});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.take("a", at_second(0))) << i;
  EXPECT_FALSE(limit.take("a", at_second(0)));
  EXPECT_TRUE(limit.take("a", at_second(1)));
  EXPECT_TRUE(limit.take("a", at_second(1)));
  EXPECT_FALSE(limit.take("a", at_second(1)));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.take("a", at_second(1000))) << i;
  EXPECT_FALSE(limit.take("a", at_second(1000)));
}

TEST(IntakeLimit, KeepsDevicesApart) {
  IntakeLimit limit({.burst = 1, .per_second = 1, .senders = 100});
  EXPECT_TRUE(limit.take("a", at_second(0)));
  EXPECT_FALSE(limit.take("a", at_second(0)));
  EXPECT_TRUE(limit.take("b", at_second(0)));
}

TEST(IntakeLimit, AClockThatGoesBackGivesNothingAway) {
  IntakeLimit limit({.burst = 1, .per_second = 1, .senders = 100});
  EXPECT_TRUE(limit.take("a", at_second(100)));
  EXPECT_FALSE(limit.take("a", at_second(0)));
  EXPECT_FALSE(limit.take("a", at_second(0)));
}

TEST(IntakeLimit, ForgetsOnlyWhoHasItsWholeBurstAgain) {
  IntakeLimit limit({.burst = 2, .per_second = 1, .senders = 2});
  EXPECT_TRUE(limit.take("idle", at_second(0)));
  EXPECT_TRUE(limit.take("busy", at_second(9)));
  EXPECT_TRUE(limit.take("busy", at_second(9)));
  EXPECT_TRUE(limit.take("new", at_second(9)));  // "idle" makes room
  EXPECT_FALSE(limit.take("busy", at_second(9)));
}

}  // namespace
}  // namespace muster::hosting
