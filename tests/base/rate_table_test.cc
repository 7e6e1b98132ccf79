#include "base/rate_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/keyed_hash.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Bytes kKey(kHashKeySize, 'k');

int taken(RateTable& table, std::string_view key, int times, Duration now) {
  int out = 0;
  for (int i = 0; i < times; ++i) out += table.take(key, 1, now) ? 1 : 0;
  return out;
}

TEST(RateTable, GivesABurstAndThenTheRate) {
  RateTable table({.burst = 10, .per_second = 2}, kKey);
  EXPECT_EQ(taken(table, "a", 100, seconds(1000)), 10);
  EXPECT_EQ(taken(table, "a", 100, milliseconds(1'000'400)), 0);
  EXPECT_EQ(taken(table, "a", 100, milliseconds(1'000'500)), 1);
  EXPECT_EQ(taken(table, "a", 100, seconds(1003)), 5);
  EXPECT_EQ(taken(table, "a", 100, seconds(5000)), 10);  // a rest gives no more than the burst
}

TEST(RateTable, CountsWhatARequestCosts) {
  RateTable table({.burst = 10, .per_second = 1}, kKey);
  EXPECT_TRUE(table.take("a", 8, seconds(5)));
  EXPECT_FALSE(table.take("a", 4, seconds(5)));
  EXPECT_TRUE(table.take("a", 2, seconds(5)));
  EXPECT_FALSE(table.take("a", 0.5, seconds(5)));
}

TEST(RateTable, OneWhoIsOverItsRateTakesNothingFromOthers) {
  // So few cells that each key shares one of its two with many others.
  RateTable table({.burst = 50, .per_second = 0.001}, kKey, 64);
  taken(table, "hostile", 100'000, seconds(10));
  int refused = 0;
  for (int i = 0; i < 200; ++i)
    refused += table.take(fmt::format("client {}", i), 1, seconds(10)) ? 0 : 1;
  EXPECT_LE(refused, 1);  // who shares both: 1 of 4096
  EXPECT_FALSE(table.take("hostile", 1, seconds(10)));
}

TEST(RateTable, KeysThatNeverEndTakeNoMemoryAndEndInRefusals) {
  RateTable table({.burst = 4, .per_second = 0.001}, kKey, 128);
  int given = 0;
  for (int i = 0; i < 100'000; ++i) given += table.take(std::to_string(i), 1, seconds(10)) ? 1 : 0;
  EXPECT_GE(given, 128 * 4);
  EXPECT_LE(given, 2 * 128 * 4);
}

TEST(RateTable, OtherKeysFallIntoOtherCellsByAnotherHashKey) {
  // With one cell a row all share; with many, which keys share depends on the secret.
  const auto shared = [](const Bytes& hash_key) {
    std::string out;
    for (int i = 0; i < 64; ++i) {
      RateTable table({.burst = 1, .per_second = 0.001}, hash_key, 2);
      table.take("a", 1, seconds(1));
      out += table.take(std::to_string(i), 1, seconds(1)) ? '1' : '0';
    }
    return out;
  };
  EXPECT_EQ(shared(kKey), shared(kKey));
  EXPECT_NE(shared(kKey), shared(Bytes(kHashKeySize, 'x')));
}

TEST(RateTable, ATimeThatIsALittleOlderTakesAndGivesNothing) {
  RateTable table({.burst = 2, .per_second = 1}, kKey);
  EXPECT_EQ(taken(table, "a", 5, seconds(100)), 2);
  EXPECT_EQ(taken(table, "a", 5, milliseconds(99'900)), 0);
  EXPECT_EQ(taken(table, "a", 5, milliseconds(101'000)), 1);
}

TEST(RateTable, GoesOnWhenMillisecondsTurnOver) {
  RateTable table({.burst = 2, .per_second = 1}, kKey);
  const Duration last(UINT32_MAX);
  EXPECT_EQ(taken(table, "a", 5, last - seconds(100)), 2);
  EXPECT_EQ(taken(table, "a", 5, last), 2);
  EXPECT_EQ(taken(table, "a", 5, last + seconds(2)), 2);
  EXPECT_EQ(taken(table, "a", 5, last + std::chrono::hours(24 * 20)), 2);
}

}  // namespace
}  // namespace muster
