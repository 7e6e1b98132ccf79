#include "net/refusal_tally.h"

#include <gtest/gtest.h>

namespace muster::net::test {
namespace {

using std::chrono::seconds;

TEST(RefusalTally, SaysTheFirstAtOnceAndThenOnceAMinuteHowManyThereWere) {
  RefusalTally tally;
  EXPECT_EQ(tally.count(1000, seconds(5)), 1u);
  for (int i = 0; i < 9999; ++i) ASSERT_EQ(tally.count(1000, seconds(5 + i % 60)), std::nullopt);
  EXPECT_EQ(tally.count(1001, seconds(30)), 1u) << "another user";
  EXPECT_EQ(tally.count(1000, seconds(65)), 10000u);
  EXPECT_EQ(tally.count(1000, seconds(66)), std::nullopt);
}

TEST(RefusalTally, SaysNoMoreThoughAnAccountHasThousandsOfUids) {
  RefusalTally tally;
  int said = 0;
  for (uid_t uid = 100'000; uid < 165'536; ++uid)
    if (tally.count(uid, seconds(1))) ++said;
  EXPECT_LE(said, 65);
  EXPECT_TRUE(tally.count(7, seconds(62))) << "those of a minute ago make room";
}

}  // namespace
}  // namespace muster::net::test
