// Moments and durations, their text forms, and the Clock that is passed to whoever needs the time.
#pragma once

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster {

using Duration = std::chrono::milliseconds;

// A moment: milliseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t ms = 0;

  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  friend Timestamp operator+(Timestamp t, Duration d) { return {t.ms + d.count()}; }
  friend Timestamp operator-(Timestamp t, Duration d) { return {t.ms - d.count()}; }
  friend Duration operator-(Timestamp a, Timestamp b) { return Duration(a.ms - b.ms); }
};

// RFC 3339 in UTC: "2026-01-31T12:00:00Z", with ".123" only where milliseconds are not zero.
std::string to_text(Timestamp time);
// RFC 3339 in UTC to the second, as TUF wants it.
std::string to_text_seconds(Timestamp time);
// Years 1970 to 9999, "Z" only. Error: kBadTime.
Result<Timestamp> parse_timestamp(std::string_view text);

// ISO 8601: "PT10M", "P7D", "PT1H30M", "PT0.5S". No years or months: they have no fixed length.
std::string to_text(Duration duration);
// At most 100 years. Error: kBadTime.
Result<Duration> parse_duration(std::string_view text);

// The only source of the time; nothing else reads it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  // Never goes back, zero at an arbitrary point: for deadlines and intervals.
  virtual Duration steady() const = 0;
};

// A clock that stands still until it is told to move: for tests and simulation.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  Timestamp now() const override { return now_; }
  Duration steady() const override { return steady_; }
  void advance(Duration d) {
    now_ = now_ + d;
    steady_ += d;
  }
  // A jump of the wall clock alone, as a wrong setting of a real machine is.
  void jump(Duration d) { now_ = now_ + d; }

 private:
  Timestamp now_;
  Duration steady_{0};
};

}  // namespace muster
