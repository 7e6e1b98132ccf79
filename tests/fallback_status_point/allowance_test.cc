#include "roles/fallback_status_point/allowance.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::fallback_status_point {
namespace {

Timestamp at_second(std::int64_t seconds) { return Timestamp{1'800'000'000'000 + seconds * 1000}; }

TEST(Allowance, NoSpanOfAnHourPassesTheLimit) {
  Allowance allowance(100);
  std::vector<std::pair<std::int64_t, std::uint64_t>> taken;
  for (std::int64_t second = 0; second < 3 * 3600; second += 7)
    taken.emplace_back(second, allowance.take(3, at_second(second)));
  std::uint64_t all = 0;
  for (std::size_t first = 0; first < taken.size(); ++first) {
    all += taken[first].second;
    std::uint64_t in_hour = 0;
    for (std::size_t i = first; i < taken.size() && taken[i].first < taken[first].first + 3600; ++i)
      in_hour += taken[i].second;
    ASSERT_LE(in_hour, 100u) << taken[first].first;
  }
  EXPECT_GE(all, 250u);  // and it is used, hour by hour
}

TEST(Allowance, ARestartForgetsNothing) {
  Allowance before(10);
  EXPECT_EQ(before.take(7, at_second(0)), 7u);
  Allowance after(10);
  ASSERT_TRUE(after.restore(before.state()));
  EXPECT_EQ(after.take(7, at_second(10)), 3u);
  EXPECT_EQ(after.take(7, at_second(3700)), 7u);
}

TEST(Allowance, AClockThatGoesBackByUpToAnHourFreesNothing) {
  Allowance allowance(10);
  EXPECT_EQ(allowance.take(10, at_second(7200)), 10u);
  EXPECT_EQ(allowance.take(10, at_second(3600)), 0u);
  EXPECT_EQ(allowance.take(10, at_second(7200)), 0u);
}

TEST(Allowance, AClockThatWasFarAheadKeepsNobodyOut) {
  Allowance allowance(10);
  EXPECT_EQ(allowance.take(10, at_second(90'000)), 10u);
  EXPECT_EQ(allowance.take(7, at_second(0)), 7u);
  Allowance restarted(10);
  ASSERT_TRUE(restarted.restore(allowance.state()));
  EXPECT_EQ(restarted.take(7, at_second(1)), 3u);
}

TEST(Allowance, WhatDidNotGoIsGivenBack) {
  Allowance allowance(10);
  EXPECT_EQ(allowance.take(4, at_second(0)), 4u);
  EXPECT_EQ(allowance.take(6, at_second(60)), 6u);
  allowance.give_back(6, at_second(60));
  EXPECT_EQ(allowance.take(10, at_second(61)), 6u);
  allowance.give_back(100, at_second(0));  // never more than was taken
  EXPECT_EQ(allowance.take(100, at_second(62)), 4u);
  allowance.give_back(1, at_second(600));
  EXPECT_EQ(allowance.take(1, at_second(601)), 0u);
}

TEST(Allowance, ACutStateIsRefused) {
  Allowance allowance(10);
  EXPECT_EQ(allowance.take(1, at_second(0)), 1u);
  const Bytes state = allowance.state();
  for (std::size_t size = 0; size < state.size(); ++size)
    EXPECT_FALSE(Allowance(10).restore(ByteView(state).substr(0, size))) << size;
}

}  // namespace
}  // namespace muster::fallback_status_point
