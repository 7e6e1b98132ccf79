#include "model/query/calendar.h"

namespace muster::model {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kEndMs = 253'402'300'800'000;  // of the year 9999

sys_days day_of(Timestamp time) {
  return std::chrono::floor<days>(std::chrono::sys_time<Duration>(Duration(time.ms)));
}

sys_days start_day(const StartOf& start, sys_days day) {
  switch (start.calendar) {
    case Calendar::Day:
      return day + days(start.periods);
    case Calendar::Week:
      return day - (std::chrono::weekday(day) - std::chrono::Sunday) + days(7 * start.periods);
    case Calendar::Month:
      break;
  }
  const std::chrono::year_month_day date(day);
  return sys_days((date.year() / date.month() + months(start.periods)) / std::chrono::day(1));
}

}  // namespace

Timestamp start_of(const StartOf& start, Timestamp time) {
  const sys_days day = start_day(start, day_of(time));
  return Timestamp{day.time_since_epoch().count() * kDayMs} + start.shift;
}

Timestamp time_of(const FromNow& from_now, Timestamp now) {
  Timestamp time = now + from_now.shift;
  for (const StartOf& start : from_now.starts) time = start_of(start, time);
  return time;
}

bool is_query_time(Timestamp time) { return time.ms >= 0 && time.ms < kEndMs; }

}  // namespace muster::model
