#include "base/time.h"

#include <charconv>

#include "base/errors.h"

namespace muster {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int64_t kDayMs = 86'400'000;

bool number(std::string_view text, std::size_t at, std::size_t width, int& out) {
  const auto* end = text.data() + at + width;
  const auto [stop, error] = std::from_chars(text.data() + at, end, out);
  return error == std::errc() && stop == end && text[at] != '-';
}

std::string date_and_seconds(std::int64_t ms) {
  const std::int64_t day = (ms >= 0 ? ms : ms - kDayMs + 1) / kDayMs;
  const std::int64_t in_day = ms - day * kDayMs;
  const std::chrono::year_month_day date{sys_days(days(day))};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     in_day / 3'600'000, in_day / 60'000 % 60, in_day / 1000 % 60);
}

std::int64_t milliseconds_part(std::int64_t ms) { return ((ms % 1000) + 1000) % 1000; }

}  // namespace

std::string to_text_seconds(Timestamp time) { return date_and_seconds(time.ms) + "Z"; }

std::string to_text(Timestamp time) {
  const std::int64_t ms = milliseconds_part(time.ms);
  return ms == 0 ? to_text_seconds(time) : fmt::format("{}.{:03}Z", date_and_seconds(time.ms), ms);
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  const auto bad = [&] { return fail(kBadTime, "'{}' is not a time", text.substr(0, 40)); };
  if (text.size() != 20 && text.size() != 24) return bad();
  int year, month, day, hour, minute, second, ms = 0;
  const bool parts = number(text, 0, 4, year) && text[4] == '-' && number(text, 5, 2, month) &&
                     text[7] == '-' && number(text, 8, 2, day) && text[10] == 'T' &&
                     number(text, 11, 2, hour) && text[13] == ':' && number(text, 14, 2, minute) &&
                     text[16] == ':' && number(text, 17, 2, second) && text.back() == 'Z';
  if (!parts) return bad();
  if (text.size() == 24 && (text[19] != '.' || !number(text, 20, 3, ms))) return bad();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) return bad();
  const std::int64_t day_number = sys_days(date).time_since_epoch().count();
  return Timestamp{day_number * kDayMs + ((hour * 60 + minute) * 60 + second) * 1000ll + ms};
}

std::string to_text(Duration duration) {
  std::int64_t ms = duration.count();
  if (ms == 0) return "PT0S";
  std::string out = ms < 0 ? "-P" : "P";
  ms = ms < 0 ? -ms : ms;
  if (ms >= kDayMs) out += fmt::format("{}D", ms / kDayMs);
  ms %= kDayMs;
  if (ms == 0) return out;
  out += 'T';
  if (ms >= 3'600'000) out += fmt::format("{}H", ms / 3'600'000);
  if (ms / 60'000 % 60 != 0) out += fmt::format("{}M", ms / 60'000 % 60);
  const std::int64_t rest = ms % 60'000;
  if (rest % 1000 != 0) {
    out += fmt::format("{}.{:03}S", rest / 1000, rest % 1000);
  } else if (rest != 0) {
    out += fmt::format("{}S", rest / 1000);
  }
  return out;
}

Result<Duration> parse_duration(std::string_view text) {
  const auto bad = [&] { return fail(kBadTime, "'{}' is not a duration", text.substr(0, 40)); };
  if (text.size() < 3 || text.size() > 40 || text[0] != 'P') return bad();
  constexpr std::int64_t kMost = 100ll * 366 * kDayMs;
  std::int64_t total = 0;
  bool in_time = false;
  std::size_t last_unit = 0;  // units must come in the order W D H M S, each once
  for (std::size_t i = 1; i < text.size();) {
    if (text[i] == 'T') {
      if (in_time || i + 1 == text.size()) return bad();
      in_time = true;
      last_unit = 2;
      ++i;
      continue;
    }
    std::int64_t whole = 0;
    const auto [stop, error] = std::from_chars(text.data() + i, text.data() + text.size(), whole);
    if (error != std::errc() || text[i] == '-' || whole > kMost) return bad();
    i = static_cast<std::size_t>(stop - text.data());
    std::int64_t thousandths = 0;
    if (i < text.size() && text[i] == '.') {
      std::int64_t place = 100;
      std::size_t digits = 0;
      for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, ++digits, place /= 10)
        thousandths += (text[i] - '0') * place;
      if (digits == 0 || i >= text.size() || text[i] != 'S') return bad();
    }
    if (i >= text.size()) return bad();
    constexpr std::string_view kUnits = "WDHMS";
    constexpr std::int64_t kUnitMs[] = {7 * kDayMs, kDayMs, 3'600'000, 60'000, 1000};
    const std::size_t unit = kUnits.find(text[i++]);
    if (unit == std::string_view::npos || unit + 1 <= last_unit || (unit >= 2) != in_time)
      return bad();
    last_unit = unit + 1;
    if (whole > kMost / kUnitMs[unit]) return bad();
    total += whole * kUnitMs[unit] + thousandths;
    if (total > kMost) return bad();
  }
  return Duration(total);
}

}  // namespace muster
