#include "roles/client/nudge_hold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kNow{1'790'000'000'000};

class NudgeHoldTest : public testing::Test {
 protected:
  SeededRandom random_{9};
  NudgeHold hold_{{.retry_first = seconds(5), .retry_longest = minutes(30)}, random_};
};

TEST_F(NudgeHoldTest, WhatItIsToldIsLookedAtWhenTheSiteSaysAndSaidBack) {
  EXPECT_TRUE(hold_.due(kNow));
  EXPECT_EQ(hold_.epoch(), 0u);
  const contract::Nudge nudge{.epoch = 7, .look = {"policy"}, .after = seconds(3)};
  const auto look = hold_.answered(nudge, kNow);
  ASSERT_TRUE(look);
  EXPECT_THAT(look->cycles, testing::ElementsAre("policy"));
  EXPECT_EQ(look->at, kNow + seconds(3));
  EXPECT_EQ(hold_.epoch(), 7u);
  EXPECT_FALSE(hold_.due(kNow + seconds(2)));
  EXPECT_TRUE(hold_.due(kNow + seconds(3)));
}

TEST_F(NudgeHoldTest, AnEmptyAnswerKeepsTheEpochAndIsAskedAgainWhenItSays) {
  hold_.answered(contract::Nudge{.epoch = 7, .look = {"policy"}}, kNow);
  EXPECT_FALSE(hold_.answered(contract::Nudge{.epoch = 9, .again = seconds(20)}, kNow));
  EXPECT_EQ(hold_.epoch(), 7u);
  EXPECT_EQ(hold_.next(), kNow + seconds(20));
  EXPECT_FALSE(hold_.answered(std::nullopt, kNow));
  EXPECT_EQ(hold_.next(), kNow + hours(1));
}

TEST_F(NudgeHoldTest, ClientsThatLoseTheirConnectionsTogetherComeBackOverTheSpread) {
  hold_.answered(contract::Nudge{.again = seconds(0), .spread = seconds(40)}, kNow);
  Timestamp first = kNow + hours(1), last = kNow;
  for (int i = 0; i < 200; ++i) {
    NudgeHold one = hold_;
    one.lost(kNow);
    first = std::min(first, one.next());
    last = std::max(last, one.next());
  }
  EXPECT_LT(first, kNow + seconds(10));
  EXPECT_GT(last, kNow + seconds(35));
  EXPECT_LE(last, kNow + seconds(47));
}

TEST_F(NudgeHoldTest, FailuresComeAgainEverLaterButWithinAMinute) {
  Duration before{0};
  for (int i = 0; i < 12; ++i) {
    hold_.failed(kNow);
    EXPECT_GE(hold_.next() - kNow, before / 2);
    before = hold_.next() - kNow;
  }
  EXPECT_GE(before, seconds(40));
  EXPECT_LE(before, seconds(90));
}

TEST_F(NudgeHoldTest, AConnectionThatLeadsNowhereIsGivenUp) {
  hold_.began(seconds(100));
  EXPECT_FALSE(hold_.held_too_long(seconds(100) + minutes(19)));
  EXPECT_TRUE(hold_.held_too_long(seconds(100) + minutes(20)));
}

}  // namespace
}  // namespace muster::client
