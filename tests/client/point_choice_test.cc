#include "roles/client/assignment/point_choice.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace muster::client {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
constexpr Duration kMinute = std::chrono::minutes(1);
const std::string kA = "https://a:443", kB = "https://b:443", kC = "https://c:443";

contract::ManagementPoint listed(const std::string& url, std::uint64_t priority) {
  contract::ManagementPoint point;
  point.https = url;
  point.priority = priority;
  return point;
}

model::DeviceId device(std::uint64_t seed) {
  SeededRandom random(seed);
  return model::DeviceId::make(random);
}

TEST(PreferredPoints, AreTheNamedOnesThenTheListByPriority) {
  const auto list = std::vector{listed(kC, 2), listed(kB, 1), listed(kA, 3)};
  EXPECT_EQ(preferred_points({kA}, list, device(1)), (std::vector{kA, kB, kC}));
  EXPECT_EQ(preferred_points({kA, kC}, {}, device(1)), (std::vector{kA, kC}));
  EXPECT_EQ(preferred_points({}, list, device(1)), (std::vector{kB, kC, kA}));
}

TEST(PreferredPoints, KeepANamedOneThatTheSiteDoesNotList) {
  EXPECT_EQ(preferred_points({kA}, {listed(kB, 1)}, device(1)), (std::vector{kA, kB}));
}

TEST(PreferredPoints, OfOnePrioritySpreadOverTheDevicesAndStayForEach) {
  const auto list = std::vector{listed(kA, 1), listed(kB, 1), listed(kC, 1)};
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto order = preferred_points({}, list, device(seed));
    EXPECT_EQ(order, preferred_points({}, {list[2], list[0], list[1]}, device(seed)));
    ++first[order.front()];
  }
  for (const auto& [url, count] : first) EXPECT_NEAR(count, 100, 35) << url;
  EXPECT_EQ(first.size(), 3u);
}

TEST(LocatedPoints, CountAsFarAsTheSiteListsThemUnlessNobodyThereAnswers) {
  const auto list = std::vector{listed(kB, 1)};
  EXPECT_EQ(located_points({kA, kB}, list, device(1), ListTrust::Good), (std::vector{kB}));
  EXPECT_EQ(located_points({kA, kB}, list, device(1), ListTrust::Doubted), (std::vector{kB, kA}));
  EXPECT_EQ(located_points({kA}, {}, device(1), ListTrust::Good), (std::vector{kA}));
}

TEST(LocatedPoints, AreAddressesThatCanBeDialled) {
  EXPECT_TRUE(check_point("https://a:443", PointLeg::Https));
  EXPECT_TRUE(check_point("http://[2001:db8::1]:80", PointLeg::Http));
  for (const char* bad : {"", "https://", "a:443", "http://a:443", "https://a:99999",
                          "https://u@a:443", "https://a:443/path", "https://a b"})
    EXPECT_FALSE(check_point(bad, PointLeg::Https)) << bad;
}

TEST(PointChoice, TakesTheNextWhileOneDoesNotAnswerAndComesBack) {
  SeededRandom random(1);
  PointChoice choice({}, random);
  choice.set({kA, kB});
  EXPECT_EQ(choice.current(kNow), kA);
  choice.not_reached(kA, "refused", kNow);
  EXPECT_EQ(choice.current(kNow), kB);
  EXPECT_FALSE(choice.nobody_answers(kNow));
  const auto standings = choice.standings(kNow);
  EXPECT_EQ(standings[0].cause, "refused");
  ASSERT_TRUE(standings[0].again.has_value());
  EXPECT_EQ(choice.current(*standings[0].again - Duration(1)), kB);
  EXPECT_EQ(choice.current(*standings[0].again), kA);
  choice.reached(kA);
  EXPECT_EQ(choice.standings(kNow)[0].cause, "");
  EXPECT_EQ(choice.current(kNow), kA);
}

TEST(PointChoice, WaitsLongerEachTimeAndNeverOverTheLongest) {
  SeededRandom random(1);
  PointChoice choice({5 * kMinute, 60 * kMinute}, random);
  choice.set({kA, kB});
  Timestamp now = kNow;
  Duration least = 5 * kMinute / 2, most = 5 * kMinute;
  for (int i = 0; i < 12; ++i) {
    choice.not_reached(kA, "refused", now);
    const Duration wait = *choice.standings(now)[0].again - now;
    EXPECT_GE(wait, least) << i;
    EXPECT_LE(wait, most) << i;
    least = std::min(least * 2, 30 * kMinute);
    most = std::min(most * 2, 60 * kMinute);
    now = now + wait;
  }
}

TEST(PointChoice, OfManyClientsComeBackSpreadOut) {
  std::set<std::int64_t> seconds;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SeededRandom random(seed);
    PointChoice choice({}, random);
    choice.set({kA, kB});
    choice.not_reached(kA, "refused", kNow);
    seconds.insert((choice.standings(kNow)[0].again->ms - kNow.ms) / 1000);
  }
  EXPECT_GT(seconds.size(), 90u);  // of the 150 seconds between half and all of five minutes
}

TEST(PointChoice, TriesTheFirstToBeReadyWhenNobodyAnswers) {
  SeededRandom random(1);
  PointChoice choice({}, random);
  choice.set({kA, kB});
  choice.not_reached(kA, "refused", kNow);
  choice.not_reached(kB, "refused", kNow + 10 * kMinute);
  choice.not_reached(kA, "refused", kNow + 10 * kMinute);
  EXPECT_TRUE(choice.nobody_answers(kNow + 10 * kMinute));
  EXPECT_EQ(choice.current(kNow + 10 * kMinute), kB);
}

TEST(PointChoice, KeepsWhatItKnowsOfThoseThatStay) {
  SeededRandom random(1);
  PointChoice choice({}, random);
  choice.set({kA, kB});
  choice.not_reached(kA, "refused", kNow);
  choice.set({kC, kA, kB});
  EXPECT_EQ(choice.current(kNow), kC);
  EXPECT_TRUE(choice.standings(kNow)[1].again.has_value());
  choice.set({kA});
  EXPECT_EQ(choice.current(kNow), kA);
}

TEST(PointChoice, WaitsForNobodyWhenTheClockIsPutBack) {
  SeededRandom random(1);
  PointChoice choice({}, random);
  choice.set({kA, kB});
  choice.not_reached(kA, "refused", kNow);
  EXPECT_EQ(choice.current(kNow - std::chrono::hours(24)), kA);
}

}  // namespace
}  // namespace muster::client
