#include "simulator/time_tally.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace muster::simulator {
namespace {

using Micros = TimeTally::Micros;

TEST(TimeTally, NothingHasNoTimes) {
  const TimeTally tally;
  EXPECT_EQ(tally.count(), 0u);
  EXPECT_EQ(tally.percentile(50), Micros(0));
  EXPECT_EQ(tally.percentile(100), Micros(0));
  EXPECT_EQ(tally.longest(), Micros(0));
}

TEST(TimeTally, OneTimeIsEachPercentile) {
  TimeTally tally;
  tally.add(Micros(1234));
  for (const double percent : {0.001, 50.0, 99.0, 100.0})
    EXPECT_EQ(tally.percentile(percent), Micros(1234)) << percent;
}

TEST(TimeTally, ShortTimesAreExact) {
  TimeTally tally;
  for (int i = 1; i <= 50; ++i) tally.add(Micros(i));
  EXPECT_EQ(tally.percentile(50), Micros(25));
  EXPECT_EQ(tally.percentile(90), Micros(45));
  EXPECT_EQ(tally.percentile(100), Micros(50));
}

// Against the sorted list itself, over all sizes of times.
TEST(TimeTally, IsNeverShorterAndAtMostAThirtySecondLongerThanTheTruth) {
  SeededRandom random(5);
  TimeTally tally;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    const auto time = static_cast<std::int64_t>(random.below(1ull << (1 + random.below(32))));
    all.push_back(time);
    tally.add(Micros(time));
  }
  std::ranges::sort(all);
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto at = static_cast<std::size_t>(std::ceil(20'000 * percent / 100)) - 1;
    const auto said = tally.percentile(percent).count();
    EXPECT_GE(said, all[at]) << percent;
    EXPECT_LE(said, all[at] + all[at] / 32 + 1) << percent;
  }
  EXPECT_EQ(tally.longest().count(), all.back());
}

TEST(TimeTally, TimesBeyondItsEndsCountAsTheEnds) {
  TimeTally tally;
  tally.add(Micros(-5));
  EXPECT_EQ(tally.percentile(100), Micros(0));
  tally.add(std::chrono::hours(24 * 365 * 100));
  EXPECT_EQ(tally.count(), 2u);
  EXPECT_EQ(tally.longest(), std::chrono::hours(24 * 365 * 100));
  EXPECT_EQ(tally.percentile(50), Micros(0));
}

}  // namespace
}  // namespace muster::simulator
