#include "model/query/literal_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "model/query/calendar.h"

namespace muster::model {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// Largest first, so that a duration is written in the largest unit that divides it.
constexpr Unit kUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};

std::string quoted_literal(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  out += '"';
  return out;
}

// Of a duration that is not negative.
std::string duration_text(Duration duration) {
  for (const Unit& unit : kUnits)
    if (duration.count() % unit.ms == 0)
      return fmt::format("{}{}", duration.count() / unit.ms, unit.name);
  return {};
}

std::string shift_text(Duration shift) {
  if (shift.count() == 0) return {};
  return shift.count() < 0 ? " - " + duration_text(-shift) : " + " + duration_text(shift);
}

std::string from_now_text(const FromNow& time) {
  std::string out = time.shift.count() < 0 ? fmt::format("ago({})", duration_text(-time.shift))
                                           : "now()" + shift_text(time.shift);
  constexpr std::string_view kWords[] = {"startofday", "startofweek", "startofmonth"};
  for (const StartOf& start : time.starts) {
    const std::string periods = start.periods == 0 ? "" : fmt::format(", {}", start.periods);
    out = fmt::format("{}({}{}){}", kWords[static_cast<std::size_t>(start.calendar)], out, periods,
                      shift_text(start.shift));
  }
  return out;
}

struct LiteralPrinter {
  std::string operator()(const std::string& text) const { return quoted_literal(text); }
  std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(const VersionLiteral& version) const {
    return fmt::format("v{}", quoted_literal(version.text));
  }
  std::string operator()(Timestamp time) const {
    return fmt::format("datetime({})", muster::to_text(time));
  }
  std::string operator()(const FromNow& time) const { return from_now_text(time); }
};

}  // namespace

std::optional<std::string> unescape_text(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\') {
      out += inside[i];
      continue;
    }
    if (++i == inside.size()) return std::nullopt;
    switch (inside[i]) {
      case '\\':
      case '"':
      case '\'':
        out += inside[i];
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      default:
        return std::nullopt;
    }
  }
  return out;
}

std::string unescape_verbatim(std::string_view inside, char quote) {
  std::string out;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    out += inside[i];
    if (inside[i] == quote) ++i;
  }
  return out;
}

std::optional<Timestamp> parse_query_time(std::string_view text) {
  std::string whole(text);
  if (whole.size() > 40) return std::nullopt;
  if (whole.ends_with('Z')) whole.pop_back();
  constexpr std::size_t kDate = 10;  // characters of "2026-01-31"
  if (whole.size() == kDate) whole += "T00:00";
  if (whole.size() > kDate && whole[kDate] == ' ') whole[kDate] = 'T';
  if (whole.size() == kDate + 6) whole += ":00";
  const auto time = parse_timestamp(whole + "Z");
  if (!time) return std::nullopt;
  return *time;
}

std::optional<Duration> parse_query_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view name(stop, static_cast<std::size_t>(end - stop));
  for (const Unit& unit : kUnits)
    if (unit.name == name && number <= kLongestShift.count() / unit.ms)
      return Duration(number * unit.ms);
  return std::nullopt;
}

std::string to_text(const Literal& literal) { return std::visit(LiteralPrinter{}, literal.value); }

}  // namespace muster::model
