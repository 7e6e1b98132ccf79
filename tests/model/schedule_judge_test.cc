// A thousand random schedules against python3-dateutil, which knows RFC 5545 on its own.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/command_output.h"
#include "tests/model/random_schedule.h"

namespace muster::model {
namespace {

// All of them with MUSTER_LONG=yes.
constexpr std::size_t kRules = 1000;
constexpr std::size_t kFewRules = 150;
constexpr int kOccurrences = 25;
// dateutil walks to the year 9999 for rules that never come; ours looks no further than this.
constexpr std::string_view kHorizon = "2060-01-01T00:00:00Z";

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
  const auto said = command_output(command);
  ASSERT_TRUE(said) << command;
  const std::string& theirs = *said;
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
