#include "model/schedule.h"

#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "base/errors.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
// No zone is further from UTC, and no clock change moves an occurrence past one a day later.
constexpr std::int64_t kFarthestZoneMs = 15 * kHourMs;

icaltimetype library_time(std::int64_t wall_ms) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(wall_ms));
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const auto seconds = static_cast<int>((wall_ms - day.count() * kDayMs) / 1000);
  icaltimetype out = icaltime_null_time();
  out.year = static_cast<int>(date.year());
  out.month = static_cast<int>(static_cast<unsigned>(date.month()));
  out.day = static_cast<int>(static_cast<unsigned>(date.day()));
  out.hour = seconds / 3600;
  out.minute = seconds / 60 % 60;
  out.second = seconds % 60;
  return out;
}

std::int64_t wall_ms_of(const icaltimetype& time) {
  const std::chrono::year_month_day date{std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.month)),
                                         std::chrono::day(static_cast<unsigned>(time.day))};
  return std::chrono::sys_days(date).time_since_epoch().count() * kDayMs +
         ((time.hour * 60 + time.minute) * 60 + time.second) * 1000ll;
}

struct Part {
  std::string_view key;
  std::string_view value;
};

Result<std::vector<Part>> parts_of(std::string_view repeat) {
  std::vector<Part> parts;
  if (repeat.ends_with(';')) return fail(kBadSchedule, "'{}' ends with ';'", repeat);
  for (std::string_view rest = repeat; !rest.empty();) {
    const std::string_view text = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
      return fail(kBadSchedule, "'{}': '{}' is not KEY=VALUE", repeat, text);
    const Part part{text.substr(0, equals), text.substr(equals + 1)};
    if (std::ranges::find(parts, part.key, &Part::key) != parts.end())
      return fail(kBadSchedule, "'{}': {} stands there twice", repeat, part.key);
    parts.push_back(part);
  }
  return parts;
}

std::string_view value_of(const std::vector<Part>& parts, std::string_view key) {
  const auto found = std::ranges::find(parts, key, &Part::key);
  return found == parts.end() ? std::string_view() : found->value;
}

// The library counts a day that is named twice twice.
Result<void> check_list(std::string_view repeat, const Part& part) {
  std::vector<std::string_view> seen;
  for (std::string_view rest = part.value; !rest.empty();) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    if (std::ranges::find(seen, item) != seen.end())
      return fail(kBadSchedule, "'{}': {} names {} twice", repeat, part.key, item);
    seen.push_back(item);
  }
  return {};
}

Result<void> check_parts(std::string_view repeat, const std::vector<Part>& parts) {
  static constexpr std::array kKnown{"FREQ",     "INTERVAL", "COUNT",     "UNTIL",
                                     "WKST",     "BYMONTH",  "BYDAY",     "BYHOUR",
                                     "BYMINUTE", "BYSETPOS", "BYMONTHDAY"};
  for (const Part& part : parts)
    if (std::ranges::find(kKnown, part.key) == kKnown.end())
      return fail(kBadSchedule, "'{}': {} is not understood", repeat, part.key);
  for (const Part& part : parts) TRY(check_list(repeat, part));
  const std::string_view frequency = value_of(parts, "FREQ");
  static constexpr std::array kFrequencies{"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
  if (std::ranges::find(kFrequencies, frequency) == kFrequencies.end())
    return fail(kBadSchedule, "'{}': FREQ must be HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY",
                repeat);
  // Rules of which the library would look for an occurrence hour by hour through centuries.
  if (frequency == "HOURLY")
    for (const char* key : {"BYMONTHDAY", "BYHOUR", "BYSETPOS"})
      if (!value_of(parts, key).empty())
        return fail(kBadSchedule, "'{}': {} does not go with FREQ=HOURLY; write FREQ=DAILY", repeat,
                    key);
  // Parts about whose meaning implementations of RFC 5545 differ.
  if (frequency == "YEARLY" && !value_of(parts, "BYMONTHDAY").empty() &&
      value_of(parts, "BYMONTH").empty())
    return fail(kBadSchedule, "'{}': BYMONTHDAY of a year needs BYMONTH", repeat);
  if (!value_of(parts, "BYSETPOS").empty())
    for (const char* key : {"BYHOUR", "BYMINUTE"})
      if (value_of(parts, key).find(',') != std::string_view::npos)
        return fail(kBadSchedule, "'{}': with BYSETPOS there is one {}", repeat, key);
  std::size_t plain = 0, numbered = 0;
  const std::string_view days = value_of(parts, "BYDAY");
  // The library begins such weeks on Sunday whatever the rule says.
  if (frequency == "WEEKLY" && !value_of(parts, "INTERVAL").empty() &&
      days.find("SU") != std::string_view::npos && value_of(parts, "WKST") != "SU")
    return fail(kBadSchedule, "'{}': Sundays of every INTERVAL weeks need WKST=SU", repeat);
  for (std::size_t at = 0; at < days.size(); at = days.find(',', at) + 1) {
    ++(days[at] >= 'A' ? plain : numbered);
    if (days.find(',', at) == std::string_view::npos) break;
  }
  if (plain > 0 && numbered > 0)
    return fail(kBadSchedule, "'{}': BYDAY has numbers for all days or for none", repeat);
  if (numbered > 0 && (frequency != "MONTHLY" || !value_of(parts, "BYMONTHDAY").empty()))
    return fail(kBadSchedule, "'{}': numbered days go with FREQ=MONTHLY and without BYMONTHDAY",
                repeat);
  const std::string_view until = value_of(parts, "UNTIL");
  if (!until.empty() && (until.size() != 15 || until[8] != 'T'))
    return fail(kBadSchedule, "'{}': UNTIL must be like 20260131T235959, of the schedule's zone",
                repeat);
  return {};
}

// Whether a month of BYMONTH, or any, has a day of BYMONTHDAY.
bool has_day(const icalrecurrencetype& rule) {
  static constexpr std::array kLongest{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (rule.by_month_day[0] == ICAL_RECURRENCE_ARRAY_MAX) return true;
  for (std::size_t month = 1; month <= 12; ++month) {
    bool named = rule.by_month[0] == ICAL_RECURRENCE_ARRAY_MAX;
    for (const short each : rule.by_month) {
      if (each == ICAL_RECURRENCE_ARRAY_MAX) break;
      named = named || each == static_cast<short>(month);
    }
    if (!named) continue;
    for (const short day : rule.by_month_day) {
      if (day == ICAL_RECURRENCE_ARRAY_MAX) break;
      if (day <= kLongest[month - 1] && day >= -kLongest[month - 1]) return true;
    }
  }
  return false;
}

}  // namespace

struct Occurrences::Walk {
  explicit Walk(icalrecur_iterator* made) : iterator(made) {}
  ~Walk() { icalrecur_iterator_free(iterator); }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;
  icalrecur_iterator* iterator;
  bool ended = false;
};

Result<Schedule> parse_schedule(std::string_view first, std::string_view repeat) {
  Schedule schedule;
  std::string text(first);
  if (text.ends_with('Z')) {
    schedule.zone = ScheduleZone::Utc;
    text.pop_back();
  }
  if (text.size() == 16) text += ":00";
  const auto parsed = parse_timestamp(text + "Z");
  if (!parsed || text.size() != 19)
    return fail(kBadTime,
                "'{}' is not a time like 2026-01-31T12:00 (the device's own clock) or "
                "2026-01-31T12:00Z",
                first.substr(0, 40));
  schedule.first_wall_ms = parsed->ms;
  schedule.repeat = repeat;
  TRY(check_repeat(schedule));
  return schedule;
}

std::string first_text(const Schedule& schedule) {
  std::string text = to_text_seconds(Timestamp{schedule.first_wall_ms});
  text.pop_back();
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  if (schedule.zone == ScheduleZone::Utc) text += 'Z';
  return text;
}

Result<void> check_repeat(const Schedule& schedule) {
  const std::string& repeat = schedule.repeat;
  if (repeat.empty()) return {};
  if (repeat.size() > kLongestRepeat)
    return fail(kBadSchedule, "a rule of {} characters, {} are allowed", repeat.size(),
                kLongestRepeat);
  TRY(check_parts(repeat, TRY(parts_of(repeat))));
  const icalrecurrencetype rule = icalrecurrencetype_from_string(repeat.c_str());
  if (rule.freq == ICAL_NO_RECURRENCE)
    return fail(kBadSchedule, "'{}' is no rule of RFC 5545", repeat);
  if (!has_day(rule)) return fail(kBadSchedule, "'{}': no month has that day", repeat);
  Occurrences occurrences(schedule);
  if (!occurrences.around(Timestamp{INT64_MIN / 2}, [](Timestamp) { return Duration(0); }).next)
    return fail(kBadSchedule, "'{}' from {} on never comes", repeat, first_text(schedule));
  return {};
}

Timestamp moment_of(std::int64_t wall_ms, ScheduleZone zone, const OffsetAt& offset_at) {
  if (zone == ScheduleZone::Utc) return Timestamp{wall_ms};
  const auto with = [&](Duration offset) { return Timestamp{wall_ms - offset.count()}; };
  const Duration before = offset_at(Timestamp{wall_ms - kDayMs});
  const Duration behind = offset_at(Timestamp{wall_ms + kDayMs});
  // The one further ahead of UTC gives the earlier moment: of two, the first.
  for (const Duration offset : {std::max(before, behind), std::min(before, behind)})
    if (offset_at(with(offset)) == offset) return with(offset);
  return with(before);
}

Occurrences::Occurrences(Schedule schedule) : schedule_(std::move(schedule)) { restart(); }
Occurrences::Occurrences(Occurrences&&) noexcept = default;
Occurrences& Occurrences::operator=(Occurrences&&) noexcept = default;
Occurrences::~Occurrences() = default;

void Occurrences::restart() {
  walk_.reset();
  near_.clear();
  dropped_ = false;
  if (schedule_.repeat.empty()) {
    near_.push_back(schedule_.first_wall_ms);
    return;
  }
  const icalrecurrencetype rule = icalrecurrencetype_from_string(schedule_.repeat.c_str());
  // Null for a rule that no day can fulfil.
  if (icalrecur_iterator* made =
          icalrecur_iterator_new(rule, library_time(schedule_.first_wall_ms)))
    walk_ = std::make_unique<Walk>(made);
}

// Until one occurrence lies behind `wall_ms`.
void Occurrences::walk_to(std::int64_t wall_ms) {
  while (walk_ && !walk_->ended && (near_.empty() || near_.back() <= wall_ms)) {
    const icaltimetype next = icalrecur_iterator_next(walk_->iterator);
    if (icaltime_is_null_time(next) != 0) {
      walk_->ended = true;
    } else {
      near_.push_back(wall_ms_of(next));
    }
    // All but the last two days' and the one before them.
    const auto old = std::ranges::upper_bound(near_, wall_ms - 4 * kDayMs);
    if (old - near_.begin() > 64) {
      near_.erase(near_.begin(), old - 1);
      dropped_ = true;
    }
  }
}

Occurrences::Around Occurrences::around(Timestamp moment, const OffsetAt& offset_at) {
  if (dropped_ && moment.ms - kFarthestZoneMs - kDayMs <= near_.front()) restart();
  walk_to(moment.ms + kFarthestZoneMs + kDayMs);
  Around out;
  for (const std::int64_t wall_ms : near_) {
    const Timestamp at = moment_of(wall_ms, schedule_.zone, offset_at);
    if (at <= moment) {
      if (!out.latest || *out.latest < at) out.latest = at;
    } else if (!out.next || at < *out.next) {
      out.next = at;
    }
  }
  return out;
}

}  // namespace muster::model
