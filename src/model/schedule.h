// When something happens, once or again and again: a first time on the wall clock and a rule of
// RFC 5545. Times of a schedule are those of each device's own clock, or the same everywhere.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace muster::model {

enum class ScheduleZone { Local, Utc };

struct Schedule {
  // What clocks of the zone show, in ms since 1970-01-01T00:00 there.
  std::int64_t first_wall_ms = 0;
  ScheduleZone zone = ScheduleZone::Local;
  std::string repeat{};  // the value of an RRULE, "FREQ=WEEKLY;BYDAY=SU"; empty: once
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

inline constexpr std::size_t kLongestRepeat = 200;

// `first` is "2026-02-01T03:00" for the device's own time or "2026-02-01T03:00Z" for UTC; seconds
// may follow the minutes. Errors: kBadTime, kBadSchedule.
Result<Schedule> parse_schedule(std::string_view first, std::string_view repeat);
std::string first_text(const Schedule& schedule);

// The parts of RFC 5545 that are understood: FREQ from HOURLY to YEARLY, INTERVAL, COUNT, UNTIL (a
// date with time and without Z: it is of the schedule's zone), WKST, BYMONTH, BYMONTHDAY, BYDAY,
// BYHOUR, BYMINUTE, BYSETPOS; with HOURLY neither BYMONTHDAY, BYHOUR nor BYSETPOS. A rule that
// names no day that ever comes is refused. Error: kBadSchedule.
Result<void> check_repeat(const Schedule& schedule);

// How far local time is ahead of UTC at a moment.
using OffsetAt = std::function<Duration(Timestamp)>;

// The moment at which a clock shows a time. Of a time that comes twice, because clocks are set
// back, the first; one that clocks skip is as far behind the jump as it would have been without.
Timestamp moment_of(std::int64_t wall_ms, ScheduleZone zone, const OffsetAt& offset_at);

// Walks through the occurrences of one schedule. Cheap while time goes forward; going back starts
// anew.
class Occurrences {
 public:
  // The schedule is checked.
  explicit Occurrences(Schedule schedule);
  Occurrences(Occurrences&&) noexcept;
  Occurrences& operator=(Occurrences&&) noexcept;
  ~Occurrences();

  struct Around {
    std::optional<Timestamp> latest;  // at or before the moment
    std::optional<Timestamp> next;    // after it
  };
  Around around(Timestamp moment, const OffsetAt& offset_at);

  const Schedule& schedule() const { return schedule_; }

 private:
  struct Walk;  // the library's iterator
  void restart();
  void walk_to(std::int64_t wall_ms);

  Schedule schedule_;
  std::unique_ptr<Walk> walk_;
  std::vector<std::int64_t> near_;  // wall times about the moment of the last call, in order
  bool dropped_ = false;            // earlier ones have left near_
};

}  // namespace muster::model
