#include "roles/console/doctor.h"

#include <gtest/gtest.h>

namespace muster::console {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kNow{1'790'000'000'000};

TEST(Doctor, WarnsOfALifeBelowAQuarterAndFailsOneThatIsOver) {
  const auto at = [](Duration before, Duration after) {
    return life_finding("x", kNow - before, kNow + after, kNow, "renew");
  };
  EXPECT_EQ(at(hours(3), hours(1) + seconds(1)).health, Health::Good);
  EXPECT_TRUE(at(hours(3), hours(2)).advice.empty());
  EXPECT_EQ(at(hours(3), hours(1) - seconds(1)).health, Health::Warning);
  EXPECT_EQ(at(hours(3), hours(1) - seconds(1)).advice, "renew");
  EXPECT_EQ(at(hours(3), Duration(0)).health, Health::Failed);
  EXPECT_EQ(at(-hours(1), hours(3)).health, Health::Failed);
}

TEST(Doctor, JudgesSpaceByShareAndByAmount) {
  const auto of = [](std::uint64_t free, std::uint64_t whole) {
    return space_finding("x", free, whole, 1000, "bytes").health;
  };
  EXPECT_EQ(of(50'000, 100'000), Health::Good);
  EXPECT_EQ(of(4'900, 100'000), Health::Warning);
  EXPECT_EQ(of(900, 100'000), Health::Failed);
  EXPECT_EQ(of(999, 2'000), Health::Warning);
  EXPECT_EQ(of(99, 200), Health::Failed);
  EXPECT_EQ(of(0, 0), Health::Good) << "a file system without inodes has no limit of them";
}

TEST(Doctor, ComparesTheClockWithTheSignedTime) {
  EXPECT_EQ(clock_finding(kNow, kNow).health, Health::Good);
  EXPECT_EQ(clock_finding(kNow + seconds(59), kNow).health, Health::Good);
  EXPECT_EQ(clock_finding(kNow + seconds(61), kNow).health, Health::Failed);
  EXPECT_EQ(clock_finding(kNow - minutes(46), kNow).health, Health::Warning);
}

}  // namespace
}  // namespace muster::console
