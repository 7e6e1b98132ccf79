// A thousand random schedules against python3-dateutil, which knows RFC 5545 on its own.
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "model/schedule.h"

namespace muster::model {
namespace {

// All of them with MUSTER_LONG=yes.
constexpr std::size_t kRules = 1000;
constexpr std::size_t kFewRules = 150;
constexpr int kOccurrences = 25;
// dateutil walks to the year 9999 for rules that never come; ours looks no further than this.
constexpr std::string_view kHorizon = "2060-01-01T00:00:00Z";

std::string one_of(Random& random, std::initializer_list<const char*> texts) {
  return texts.begin()[random.below(texts.size())];
}

std::string random_days(Random& random, bool with_order) {
  const bool ordered = with_order && random.below(2) == 0;
  std::vector<std::string> days;
  for (std::size_t left = 1 + random.below(3); left > 0; --left) {
    std::string day = ordered ? one_of(random, {"1", "2", "3", "4", "-1", "-2"}) : "";
    day += one_of(random, {"MO", "TU", "WE", "TH", "FR", "SA", "SU"});
    if (std::ranges::find(days, day) == days.end()) days.push_back(day);
  }
  return fmt::format("{}", fmt::join(days, ","));
}

std::string random_rule(Random& random) {
  const std::string frequency = one_of(random, {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"});
  std::string rule = "FREQ=" + frequency;
  const auto add = [&](std::string_view key, const std::string& value) {
    rule += fmt::format(";{}={}", key, value);
  };
  const auto chance = [&](std::uint64_t in) { return random.below(in) == 0; };
  if (chance(2)) add("INTERVAL", std::to_string(1 + random.below(5)));
  if (chance(4))
    add("COUNT", std::to_string(1 + random.below(30)));
  else if (chance(4))
    add("UNTIL", one_of(random, {"20270101T000000", "20261231T235959", "20260715T120000"}));
  if (chance(3)) add("BYMONTH", one_of(random, {"1", "2", "6,7", "3,9,12", "10"}));
  const bool months = frequency == "MONTHLY" || frequency == "YEARLY";
  if (chance(2)) add("BYDAY", random_days(random, frequency == "MONTHLY"));
  if (frequency != "HOURLY") {
    const bool numbered = rule.find_first_of("1234", rule.find(";BYDAY")) != std::string::npos &&
                          rule.find(";BYDAY") != std::string::npos;
    const bool days = frequency == "DAILY" || frequency == "MONTHLY" ||
                      (frequency == "YEARLY" && rule.find(";BYMONTH") != std::string::npos);
    if (days && !numbered && chance(3))
      add("BYMONTHDAY", one_of(random, {"1", "15", "-1", "28,29,30,31", "13", "31"}));
    if (chance(3)) add("BYHOUR", one_of(random, {"2", "0,12", "23", "3,4,5"}));
    const bool one_hour =
        rule.find("BYHOUR") == std::string::npos || rule.find("BYHOUR=2") != std::string::npos;
    if (months && one_hour && rule.find("BYDAY") != std::string::npos && chance(3))
      add("BYSETPOS", one_of(random, {"1", "-1", "2", "1,-1"}));
  }
  if (rule.find("BYSETPOS") == std::string::npos && chance(3))
    add("BYMINUTE", one_of(random, {"0", "30", "15,45"}));
  if (chance(5)) add("WKST", one_of(random, {"SU", "MO"}));
  return rule;
}

std::string first_of(Random& random) {
  const Timestamp day = parse_timestamp("2026-01-01T00:00:00Z").value();
  const Timestamp moment =
      day + Duration(static_cast<std::int64_t>(random.below(365 * 24 * 60)) * 60'000);
  return to_text(moment);
}

std::string ours(const Schedule& schedule) {
  Occurrences occurrences(schedule);
  std::string line;
  Timestamp moment{0};
  for (int i = 0; i < kOccurrences; ++i) {
    const auto next = occurrences.around(moment, [](Timestamp) { return Duration(0); }).next;
    if (!next || *next >= parse_timestamp(kHorizon).value()) break;
    line += " " + to_text_seconds(*next);
    moment = *next;
  }
  return line;
}

TEST(Schedule, AgreesWithDateutil) {
  if (std::system("/usr/bin/python3 -c 'import dateutil.rrule' 2>/dev/null") != 0)
    GTEST_SKIP() << "no python3-dateutil";
  const std::uint64_t seed = 20'261'123;
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  std::string asked;
  std::vector<std::string> lines;
  const bool all = std::getenv("MUSTER_LONG") != nullptr;
  const std::size_t rules = all ? kRules : kFewRules;
  while (lines.size() < rules) {
    const std::string first = first_of(random);
    const std::string rule = random_rule(random);
    const auto schedule = parse_schedule(first, rule);
    if (!schedule) {
      // Only what never comes may be refused of these, and Sundays that need WKST.
      EXPECT_NE(schedule.error().text().find("M1335"), std::string::npos);
      EXPECT_TRUE(schedule.error().text().find("never comes") != std::string::npos ||
                  schedule.error().text().find("no month") != std::string::npos ||
                  schedule.error().text().find("need WKST=SU") != std::string::npos)
          << rule << ": " << schedule.error().text();
      continue;
    }
    asked += first + " " + rule + "\n";
    lines.push_back(first + " " + rule + ours(*schedule));
  }
  const auto file =
      std::filesystem::path(testing::TempDir()) / fmt::format("muster-schedules-{}", ::getpid());
  std::ofstream(file) << asked;
  const std::string command = fmt::format(R"(/usr/bin/python3 -c '
import datetime, itertools, sys, dateutil.rrule
for line in open(sys.argv[1]):
    first, rule = line.split()
    start = datetime.datetime.strptime(first, "%Y-%m-%dT%H:%M:%SZ")
    found = []
    for moment in itertools.islice(dateutil.rrule.rrulestr(rule, dtstart=start), {}):
        if moment.year >= 2060:
            break
        found.append(moment.strftime(" %Y-%m-%dT%H:%M:%SZ"))
    print(first + " " + rule + "".join(found))
' {})",
                                          kOccurrences, file.string());
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string theirs;
  char part[4096];
  for (std::size_t got; (got = std::fread(part, 1, sizeof part, pipe)) > 0;)
    theirs.append(part, got);
  EXPECT_EQ(::pclose(pipe), 0);
  std::filesystem::remove(file);
  std::size_t at = 0;
  std::size_t differences = 0;
  for (const std::string& line : lines) {
    const std::size_t end = theirs.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string their_line = theirs.substr(at, end - at);
    at = end + 1;
    if (line == their_line) continue;
    if (++differences <= 10) ADD_FAILURE() << line << "\n" << their_line;
  }
  EXPECT_EQ(differences, 0u);
}

}  // namespace
}  // namespace muster::model
