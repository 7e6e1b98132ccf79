#include "base/time.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/os/system.h"

namespace muster {
namespace {

using namespace std::chrono_literals;

TEST(Timestamp, IsRfc3339InUtc) {
  EXPECT_EQ(to_text(Timestamp{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_text(Timestamp{1769860800000}), "2026-01-31T12:00:00Z");
  EXPECT_EQ(to_text(Timestamp{1769860800120}), "2026-01-31T12:00:00.120Z");
  EXPECT_EQ(to_text_seconds(Timestamp{1769860800999}), "2026-01-31T12:00:00Z");
  EXPECT_EQ(to_text(Timestamp{-1}), "1969-12-31T23:59:59.999Z");
}

TEST(Timestamp, ComesBackFromItsText) {
  for (const char* text :
       {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2024-02-29T00:00:00Z",
        "2100-02-28T12:30:45.001Z", "2400-02-29T00:00:00.999Z", "9999-12-31T23:59:59.999Z"})
    EXPECT_EQ(to_text(parse_timestamp(text).value()), text);
}

TEST(Timestamp, HasTheSecondsThatPosixGives) {
  EXPECT_EQ(parse_timestamp("2000-03-01T00:00:00Z").value().ms, 951868800000);
  EXPECT_EQ(parse_timestamp("2038-01-19T03:14:08Z").value().ms, 2147483648000);
}

TEST(Timestamp, RefusesWhatNoCalendarHas) {
  for (const char* text :
       {"2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "1969-12-31T23:59:59Z"}) {
    const auto time = parse_timestamp(text);
    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_TRUE(time.error().is(kBadTime));
  }
}

TEST(Timestamp, RefusesEveryOtherForm) {
  for (const char* text : {"",
                           "2026-01-31",
                           "2026-01-31T12:00:00",
                           "2026-01-31T12:00:00+00:00",
                           "2026-01-31t12:00:00Z",
                           "2026-01-31T12:00:00z",
                           "2026-01-31 12:00:00Z",
                           "2026-01-31T12:00:00.1Z",
                           "2026-01-31T12:00:00.12Z",
                           "2026-01-31T12:00:00.1234Z",
                           "2026-01-31T12:00:00,123Z",
                           "2026/01/31T12:00:00Z",
                           "-026-01-31T12:00:00Z",
                           "2026--1-31T12:00:00Z",
                           "2026-01-31T-1:00:00Z",
                           "2026-01-31T12:00:+1Z",
                           "2026-01-31T12:00:00.-12Z",
                           " 2026-01-31T12:00:00Z",
                           "20260131T120000Z    ",
                           "2026-01-31T12:00: 0Z"})
    EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
}

TEST(Timestamp, IsRefusedWhenCutOffAnywhere) {
  const std::string whole = "2026-01-31T12:00:00.123Z";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_timestamp(whole.substr(0, size)).has_value()) << size;
}

TEST(Timestamp, CountsWithDurations) {
  const Timestamp time{1000};
  EXPECT_EQ((time + 500ms).ms, 1500);
  EXPECT_EQ((time - 2s).ms, -1000);
  EXPECT_EQ(Timestamp{3000} - time, 2s);
  EXPECT_LT(time, Timestamp{1001});
}

TEST(Durations, AreIso8601) {
  EXPECT_EQ(to_text(Duration(0)), "PT0S");
  EXPECT_EQ(to_text(Duration(500)), "PT0.500S");
  EXPECT_EQ(to_text(Duration(90min)), "PT1H30M");
  EXPECT_EQ(to_text(Duration(168h)), "P7D");
  EXPECT_EQ(to_text(Duration(25h + 61s)), "P1DT1H1M1S");
  EXPECT_EQ(to_text(Duration(-61s)), "-PT1M1S");
}

TEST(Durations, AreRead) {
  EXPECT_EQ(parse_duration("PT10M").value(), 10min);
  EXPECT_EQ(parse_duration("P7D").value(), 168h);
  EXPECT_EQ(parse_duration("P2W").value(), 336h);
  EXPECT_EQ(parse_duration("P1W1DT1H").value(), 193h);
  EXPECT_EQ(parse_duration("PT1H30M").value(), 90min);
  EXPECT_EQ(parse_duration("PT0.5S").value(), 500ms);
  EXPECT_EQ(parse_duration("PT1.2345S").value(), 1234ms);
  EXPECT_EQ(parse_duration("P36600D").value(), 36600 * 24h);
}

TEST(Durations, ComeBackFromTheirText) {
  for (std::int64_t ms :
       {0ll, 1ll, 999ll, 1000ll, 59'999ll, 3'600'000ll, 86'400'001ll, 7'777'777'777ll})
    EXPECT_EQ(parse_duration(to_text(Duration(ms))).value(), Duration(ms));
}

TEST(Durations, RefuseEveryOtherForm) {
  for (const char* text : {"",
                           "P",
                           "PT",
                           "P1",
                           "PT1",
                           "1H",
                           "P1Y",
                           "P1M",
                           "P1H",
                           "PT1D",
                           "PT1W",
                           "PT1M1H",
                           "PT1M1M",
                           "P1DT",
                           "P1D1D",
                           "P1D1W",
                           "PTT1H",
                           "PT-1H",
                           "P-1D",
                           "P-0D",
                           "-P1D",
                           "PT1.5H",
                           "PT1.S",
                           "PT.5S",
                           "PT1,5S",
                           "pt1h",
                           "PT1h",
                           "PT 1H",
                           "PT1H ",
                           "PT+1H",
                           "P99999999999999999999D",
                           "P36601D",
                           "PT9223372036854775807S",
                           "PT0x1H"}) {
    const auto duration = parse_duration(text);
    EXPECT_FALSE(duration.has_value()) << text;
    if (!duration) {
      EXPECT_TRUE(duration.error().is(kBadTime));
    }
  }
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(Timestamp{1000});
  EXPECT_EQ(clock.now().ms, 1000);
  EXPECT_EQ(clock.steady(), 0ms);
  clock.advance(5s);
  EXPECT_EQ(clock.now().ms, 6000);
  EXPECT_EQ(clock.steady(), 5s);
}

TEST(ManualClock, JumpsWithoutTouchingTheSteadyTime) {
  ManualClock clock(Timestamp{100'000});
  clock.jump(-50s);
  EXPECT_EQ(clock.now().ms, 50'000);
  EXPECT_EQ(clock.steady(), 0ms);
}

TEST(SystemClock, NeverGoesBackAndIsLaterThanThisTestWasWritten) {
  const os::SystemClock clock;
  const Duration before = clock.steady();
  EXPECT_GT(to_text(clock.now()), "2024-01-01T00:00:00Z");
  EXPECT_GE(clock.steady(), before);
}

}  // namespace
}  // namespace muster
