// Schedules and maintenance windows of a year in several zones, minute by minute, against an oracle
// that asks every minute whether a rule names it.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/os/system.h"
#include "model/maintenance_window.h"
#include "tests/command_output.h"
#include "tests/model/random_schedule.h"

namespace muster::model {
namespace {

constexpr std::size_t kCases = 1000;  // with MUSTER_LONG=yes
constexpr std::size_t kFewCases = 100;
constexpr const char* kYear = "2026-01-01T00:00:00Z";
constexpr std::int64_t kMinutes = 365 * 24 * 60;

// Clocks are set in spring and autumn, on either half of the earth, by a half hour, or never.
constexpr const char* kZones[] = {"Europe/Berlin",    "America/New_York", "Australia/Lord_Howe",
                                  "America/Santiago", "Asia/Kolkata",     "UTC"};

class Zone {
 public:
  explicit Zone(const char* name) {
    const char* before = ::getenv("TZ");
    if (before != nullptr) before_ = before;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    if (before_)
      ::setenv("TZ", before_->c_str(), 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

struct Case {
  std::string zone;
  bool local = true;
  std::vector<MaintenanceWindow> windows;
  std::string line;
};

// Half of them start at the hour of a night in which clocks are set in Berlin or New York.
std::string random_first(Random& random) {
  if (random.below(2) == 0) return first_of(random).substr(0, 16);
  const std::string day =
      one_of(random, {"2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25", "2026-03-08",
                      "2026-11-01", "2026-01-31", "2026-02-28", "2024-02-29", "2026-04-05"});
  return fmt::format("{}T0{}:{}0", day, random.below(4), random.below(6));
}

Case random_case(Random& random) {
  Case out;
  out.zone = kZones[random.below(std::size(kZones))];
  out.local = random.below(4) != 0;
  out.line = fmt::format("{} {} ", out.zone, out.local ? "local" : "utc");
  const std::size_t wanted = 1 + random.below(3);
  while (out.windows.size() < wanted) {
    const std::string first = random_first(random);
    const std::string rule = random.below(10) == 0 ? "" : random_rule(random);
    const auto schedule = parse_schedule(first + (out.local ? "" : "Z"), rule);
    if (!schedule) continue;  // what never comes is refused, which schedule_test shows
    const auto minutes =
        static_cast<std::int64_t>(5 + random.below(random.below(4) == 0 ? 1435 : 240));
    out.line += fmt::format("{}{};{};{}", out.windows.empty() ? "" : "|", first, minutes, rule);
    out.windows.push_back(
        {fmt::format("w{}", out.windows.size()), *schedule, std::chrono::minutes(minutes)});
  }
  return out;
}

// The minutes of the year at which the calendar changes, by its own word of when it will.
std::string changes(const Case& each, Random& random) {
  const Zone zone(each.zone.c_str());
  const Timestamp year = parse_timestamp(kYear).value();
  const Timestamp end = year + std::chrono::minutes(kMinutes);
  WindowCalendar calendar(each.windows);
  std::string out;
  std::vector<std::int64_t> at;
  Timestamp moment = year;
  bool open = false;
  while (moment < end) {
    const auto state = calendar.at(moment, os::local_offset);
    if (state.open != open) {
      at.push_back((moment - year).count() / 60'000);
      open = state.open;
    }
    if (!state.until) break;
    moment = *state.until;
  }
  for (const std::int64_t minute : at) out += fmt::format("{}{}", out.empty() ? "" : " ", minute);
  // Asked out of order, as a clock that jumps makes the agent do, it says the same.
  for (int i = 0; i < 6; ++i) {
    const auto minute = static_cast<std::int64_t>(random.below(kMinutes));
    const auto passed = std::ranges::upper_bound(at, minute) - at.begin();
    const Timestamp probe = year + std::chrono::minutes(minute) + std::chrono::seconds(30);
    if (calendar.at(probe, os::local_offset).open != (passed % 2 == 1))
      out += fmt::format(" but minute {} differs", minute);
  }
  return out;
}

TEST(MaintenanceWindows, AgreeWithAnOracleForEveryMinuteOfAYear) {
  if (std::system("/usr/bin/python3 -c 'import zoneinfo; zoneinfo.ZoneInfo(\"Europe/Berlin\")' "
                  "2>/dev/null") != 0)
    GTEST_SKIP() << "no python3 with zoneinfo and tzdata";
  const char* given = std::getenv("MUSTER_SEED");
  const std::uint64_t seed = given == nullptr ? 20'261'123 : std::strtoull(given, nullptr, 10);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  SeededRandom random(seed);
  std::vector<Case> cases;
  const std::size_t count = std::getenv("MUSTER_LONG") != nullptr ? kCases : kFewCases;
  while (cases.size() < count) cases.push_back(random_case(random));
  const auto file =
      std::filesystem::path(testing::TempDir()) / fmt::format("muster-windows-{}", ::getpid());
  {
    std::ofstream out(file);
    for (const Case& each : cases) out << each.line << "\n";
  }
  const std::string command = fmt::format("/usr/bin/python3 {}/tests/model/window_oracle.py {}",
                                          MUSTER_SOURCE_DIR, file.string());
  const auto said = command_output(command);
  ASSERT_TRUE(said) << command;
  const std::string& theirs = *said;
  std::filesystem::remove(file);
  std::size_t at = 0, differences = 0, opened = 0;
  for (const Case& each : cases) {
    const std::size_t end = theirs.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string their_line = theirs.substr(at, end - at);
    at = end + 1;
    const std::string our_line = changes(each, random);
    if (!our_line.empty()) ++opened;
    if (our_line == their_line) continue;
    const auto same = std::ranges::mismatch(our_line, their_line).in1 - our_line.begin();
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(same - 40, 0));
    if (++differences <= 5)
      ADD_FAILURE() << each.line << "\nours:   ..." << our_line.substr(from, 300)
                    << "\ntheirs: ..." << their_line.substr(from, 300);
  }
  EXPECT_EQ(differences, 0u) << "of " << cases.size();
  // Most of them do open, or nothing was compared.
  EXPECT_GT(opened * 10, cases.size() * 8);
}

}  // namespace
}  // namespace muster::model
