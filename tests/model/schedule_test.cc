#include "model/schedule.h"

#include <gtest/gtest.h>
#include <time.h>

#include <cstdlib>

#include "base/errors.h"
#include "base/os/system.h"
#include "model/maintenance_window.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

Schedule schedule(std::string_view first, std::string_view repeat = "") {
  auto parsed = parse_schedule(first, repeat);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed.value_or(Schedule());
}
Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

Duration no_offset(Timestamp) { return Duration(0); }

// The machine's own zone for the length of a test.
class InZone {
 public:
  explicit InZone(const char* name) { ::setenv("TZ", name, 1); }
  ~InZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

std::vector<std::string> all_of(const Schedule& wanted, std::string_view from, std::string_view to,
                                const OffsetAt& offset) {
  Occurrences occurrences(wanted);
  std::vector<std::string> out;
  for (Timestamp moment = at(from);;) {
    const auto next = occurrences.around(moment, offset).next;
    if (!next || *next >= at(to)) return out;
    out.push_back(to_text(*next));
    moment = *next;
  }
}

TEST(Schedule, ReadsAndWritesItsFirstTime) {
  EXPECT_EQ(first_text(schedule("2026-02-01T03:00")), "2026-02-01T03:00");
  EXPECT_EQ(first_text(schedule("2026-02-01T03:00:30Z")), "2026-02-01T03:00:30Z");
  EXPECT_EQ(schedule("2026-02-01T03:00").zone, ScheduleZone::Local);
  for (const char* bad : {"2026-02-01", "now", "2026-02-30T03:00", "2026-02-01T03:00+01:00",
                          "2026-02-01T03:00:00.500Z", ""})
    EXPECT_TRUE(parse_schedule(bad, "").error().is(kBadTime)) << bad;
}

TEST(Schedule, RefusesRulesThatItDoesNotUnderstandOrThatNeverCome) {
  for (const char* bad : {"FREQ=SECONDLY",
                          "FREQ=MINUTELY",
                          "INTERVAL=2",
                          "FREQ=DAILY;INTERVAL=0",
                          "FREQ=DAILY;FREQ=DAILY",
                          "FREQ=DAILY;BYSECOND=3",
                          "FREQ=DAILY;",
                          "freq=daily",
                          "FREQ=DAILY;UNTIL=20260301",
                          "FREQ=DAILY;UNTIL=20260301T000000Z",
                          "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
                          "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
                          "FREQ=HOURLY;BYHOUR=3",
                          "FREQ=WEEKLY;BYDAY=XX",
                          "FREQ=DAILY;UNTIL=20200101T000000",
                          "FREQ=WEEKLY;BYDAY=MO,MO",
                          "FREQ=MONTHLY;BYDAY=MO,1TU",
                          "FREQ=YEARLY;BYMONTHDAY=13",
                          "FREQ=MONTHLY;BYDAY=MO;BYHOUR=1,2;BYSETPOS=1",
                          "FREQ=YEARLY;BYDAY=1MO",
                          "FREQ=DAILY;RSCALE=HEBREW"})
    EXPECT_FALSE(parse_schedule("2026-01-01T00:00", bad)) << bad;
  const auto refused = parse_schedule("2026-01-01T00:00", "FREQ=DAILY;BYSECOND=3");
  EXPECT_TRUE(refused.error().is(kBadSchedule));
  EXPECT_NE(refused.error().text().find("BYSECOND is not understood"), std::string::npos);
  EXPECT_TRUE(
      parse_schedule("2026-01-01T00:00", std::string("FREQ=DAILY;COUNT=") + std::string(300, '1'))
          .error()
          .is(kBadSchedule));
}

TEST(Schedule, HasOccurrencesBeforeAndBehindAMoment) {
  Occurrences sundays(schedule("2026-02-01T03:00Z", "FREQ=WEEKLY;BYDAY=SU"));
  const auto before = sundays.around(at("2026-01-01T00:00:00Z"), no_offset);
  EXPECT_FALSE(before.latest);
  EXPECT_EQ(to_text(*before.next), "2026-02-01T03:00:00Z");
  const auto exact = sundays.around(at("2026-02-08T03:00:00Z"), no_offset);
  EXPECT_EQ(to_text(*exact.latest), "2026-02-08T03:00:00Z");
  EXPECT_EQ(to_text(*exact.next), "2026-02-15T03:00:00Z");
  // Years later, and back again, as a wrong clock goes.
  EXPECT_EQ(to_text(*sundays.around(at("2036-01-01T00:00:00Z"), no_offset).latest),
            "2035-12-30T03:00:00Z");
  EXPECT_EQ(to_text(*sundays.around(at("2026-02-08T02:59:59Z"), no_offset).latest),
            "2026-02-01T03:00:00Z");
  Occurrences once(schedule("2026-02-01T03:00Z"));
  EXPECT_FALSE(once.around(at("2026-02-01T03:00:00Z"), no_offset).next);
  EXPECT_EQ(to_text(*once.around(at("2030-01-01T00:00:00Z"), no_offset).latest),
            "2026-02-01T03:00:00Z");
  Occurrences thrice(schedule("2026-02-01T03:00Z", "FREQ=DAILY;COUNT=3"));
  EXPECT_FALSE(thrice.around(at("2026-02-03T03:00:00Z"), no_offset).next);
}

TEST(Schedule, FollowsTheDevicesClockThroughItsChanges) {
  const InZone zone("Europe/Berlin");
  const Schedule nightly = schedule("2026-03-27T02:30", "FREQ=DAILY");
  // 29 March: clocks skip 02:30; it is as far behind the jump as it would have been.
  EXPECT_EQ(all_of(nightly, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", os::local_offset),
            (std::vector<std::string>{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z",
                                      "2026-03-30T00:30:00Z"}));
  // 25 October: 02:30 comes twice, the program runs once, at the first.
  EXPECT_EQ(all_of(nightly, "2026-10-24T12:00:00Z", "2026-10-27T00:00:00Z", os::local_offset),
            (std::vector<std::string>{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}));
  // Hourly through the jump: nothing twice, nothing backwards.
  EXPECT_EQ(all_of(schedule("2026-03-29T00:30", "FREQ=HOURLY"), "2026-03-28T23:00:00Z",
                   "2026-03-29T03:00:00Z", os::local_offset),
            (std::vector<std::string>{"2026-03-28T23:30:00Z", "2026-03-29T00:30:00Z",
                                      "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"}));
}

TEST(Schedule, KnowsMonthEndsAndLeapDays) {
  EXPECT_EQ(all_of(schedule("2026-01-31T12:00Z", "FREQ=MONTHLY"), "2026-01-01T00:00:00Z",
                   "2026-06-01T00:00:00Z", no_offset),
            (std::vector<std::string>{"2026-01-31T12:00:00Z", "2026-03-31T12:00:00Z",
                                      "2026-05-31T12:00:00Z"}));
  EXPECT_EQ(all_of(schedule("2026-01-31T12:00Z", "FREQ=MONTHLY;BYMONTHDAY=-1"),
                   "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z", no_offset),
            (std::vector<std::string>{"2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z"}));
  EXPECT_EQ(all_of(schedule("2024-02-29T12:00Z", "FREQ=YEARLY"), "2026-01-01T00:00:00Z",
                   "2033-01-01T00:00:00Z", no_offset),
            (std::vector<std::string>{"2028-02-29T12:00:00Z", "2032-02-29T12:00:00Z"}));
  EXPECT_EQ(all_of(schedule("2026-01-01T12:00Z", "FREQ=MONTHLY;BYDAY=2TU"), "2026-01-01T00:00:00Z",
                   "2026-03-01T00:00:00Z", no_offset),
            (std::vector<std::string>{"2026-01-13T12:00:00Z", "2026-02-10T12:00:00Z"}));
}

MaintenanceWindow window(std::string name, Schedule starts, Duration duration) {
  return {std::move(name), std::move(starts), duration};
}

TEST(MaintenanceWindows, AreOpenTogether) {
  using std::chrono::hours;
  EXPECT_EQ(WindowCalendar().at(at("2026-01-01T00:00:00Z"), no_offset),
            (WindowCalendar::State{true, {}}));
  WindowCalendar calendar({window("a", schedule("2026-02-01T22:00Z", "FREQ=DAILY"), hours(2)),
                           window("b", schedule("2026-02-01T23:30Z", "FREQ=DAILY"), hours(1)),
                           window("c", schedule("2026-02-02T00:30Z"), hours(1))});
  const auto state = [&](const char* moment) { return calendar.at(at(moment), no_offset); };
  EXPECT_EQ(state("2026-02-01T21:59:59Z"),
            (WindowCalendar::State{false, at("2026-02-01T22:00:00Z")}));
  // a overlaps b, b ends where c begins.
  EXPECT_EQ(state("2026-02-01T22:00:00Z"),
            (WindowCalendar::State{true, at("2026-02-02T01:30:00Z")}));
  EXPECT_EQ(state("2026-02-02T00:29:59Z"),
            (WindowCalendar::State{true, at("2026-02-02T01:30:00Z")}));
  EXPECT_EQ(state("2026-02-02T01:30:00Z"),
            (WindowCalendar::State{false, at("2026-02-02T22:00:00Z")}));
  EXPECT_EQ(state("2026-02-03T00:00:00Z"),
            (WindowCalendar::State{true, at("2026-02-03T00:30:00Z")}));
  WindowCalendar past({window("past", schedule("2026-02-01T22:00Z"), hours(2))});
  EXPECT_EQ(past.at(at("2026-03-01T00:00:00Z"), no_offset), (WindowCalendar::State{false, {}}));
}

TEST(MaintenanceWindows, AreShorterThanADay) {
  using std::chrono::minutes;
  EXPECT_TRUE(check_window(window("w", {}, minutes(24 * 60 - 1))));
  EXPECT_TRUE(check_window(window("w", {}, minutes(24 * 60))).error().is(kBadSchedule));
  EXPECT_TRUE(check_window(window("w", {}, minutes(4))).error().is(kBadSchedule));
}

}  // namespace
}  // namespace muster::model
