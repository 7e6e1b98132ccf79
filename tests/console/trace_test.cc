#include "roles/console/trace.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <random>

#include "hosting/log_follow.h"
#include "roles/console/error_table.h"
#include "roles/console/errors.h"
#include "tests/base/temporary_folder.h"

namespace muster::console {
namespace {

using hosting::LogFollower;

class Rotating {
 public:
  explicit Rotating(std::string path) : path_(std::move(path)) {}
  void write(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  void rotate() { std::rename(path_.c_str(), (path_ + ".1").c_str()); }

 private:
  std::string path_;
};

void collect(LogFollower& follower, std::vector<std::string>& seen) {
  const auto lines = follower.poll();
  ASSERT_TRUE(lines);
  seen.insert(seen.end(), lines->begin(), lines->end());
}

TEST(LogFollower, GivesWhatWasRotatedAwayFirstAndEachWholeLineOnce) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "a.log";
  Rotating file(path);
  file.write("1\n2\n");
  file.rotate();
  file.write("3\nhal");
  LogFollower follower(path);
  EXPECT_EQ(*follower.poll(), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(*follower.poll(), std::vector<std::string>());
  file.write("f\n");
  EXPECT_EQ(*follower.poll(), std::vector<std::string>{"half"});
  file.write("4\n");
  file.rotate();
  file.write("5\n");
  EXPECT_EQ(*follower.poll(), (std::vector<std::string>{"4", "5"}));
}

TEST(LogFollower, ReadsAFileThatWasCutInPlaceFromItsStart) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "a.log";
  Rotating file(path);
  file.write("long line of before\n");
  LogFollower follower(path);
  EXPECT_EQ(follower.poll()->size(), 1u);
  std::ofstream(path, std::ios::trunc) << "new\n";
  EXPECT_EQ(*follower.poll(), std::vector<std::string>{"new"});
}

TEST(LogFollower, WaitsForAFileThatIsNotThereYet) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "a.log";
  LogFollower follower(path);
  EXPECT_TRUE(follower.poll()->empty());
  Rotating(path).write("1\n");
  EXPECT_EQ(*follower.poll(), std::vector<std::string>{"1"});
}

TEST(LogFollower, LosesNothingOverAnyOrderOfWritesAndRotations) {
  std::mt19937 random(20261123);
  for (int round = 0; round < 50; ++round) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "a.log";
    Rotating file(path);
    LogFollower follower(path);
    std::vector<std::string> seen;
    int written = 0;
    bool rotated = false;
    for (int step = 0; step < 200; ++step) {
      switch (random() % 4) {
        case 0:
        case 1:
          file.write(fmt::format("line {}\n", written++));
          break;
        case 2:
          if (!rotated && written > 0 && std::ifstream(path)) {
            file.rotate();
            rotated = true;
          }
          break;
        default:
          collect(follower, seen);
          rotated = false;
      }
    }
    collect(follower, seen);
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(written)) << "round " << round;
    for (int i = 0; i < written; ++i)
      ASSERT_EQ(seen[static_cast<std::size_t>(i)], fmt::format("line {}", i));
  }
}

contract::LogLine line_at(std::int64_t ms, const char* text) {
  contract::LogLine line;
  if (ms >= 0) line.time = Timestamp{ms};
  line.text = text;
  return line;
}

TEST(Trace, MergesByTimeAndKeepsEachFilesOrder) {
  const auto merged = merged_by_time({{line_at(10, "a1"), line_at(-1, "a2"), line_at(5, "a3")},
                                      {line_at(7, "b1"), line_at(12, "b2")}});
  std::string order;
  for (const auto& line : merged) order += line.text + " ";
  EXPECT_EQ(order, "b1 a1 a2 a3 b2 ");
}

TEST(Trace, ShowsErrorsRedAndWarningsYellowAndNoEscapeOfALogsOwn) {
  contract::LogLine line = line_at(1769860800120, "bad\x1b[2J\ntext");
  line.program = "musterd";
  line.event = "mp.x";
  line.fields = {{"device", "d\x07"}};
  line.level = log::Level::Error;
  EXPECT_EQ(trace_text(line, false),
            "2026-01-31T12:00:00.120Z error   musterd mp.x: bad [2J text  device=d ");
  EXPECT_EQ(trace_text(line, true), "\x1b[97;41m" + trace_text(line, false) + "\x1b[0m");
  line.level = log::Level::Warning;
  EXPECT_EQ(trace_text(line, true), "\x1b[30;43m" + trace_text(line, false) + "\x1b[0m");
  line.level = log::Level::Info;
  EXPECT_EQ(trace_text(line, true), trace_text(line, false));
}

TEST(Trace, SaysWhatAnErrorNumberMeansWhereTheLineDoesNot) {
  contract::LogLine line = line_at(-1, "gave up: M2502");
  EXPECT_NE(trace_text(line, false).find("no-context"), std::string::npos);
  line.fields = {{"advice", "look"}};
  EXPECT_EQ(trace_text(line, false).find("no-context"), std::string::npos);
}

TEST(ErrorTable, FindsAnErrorByItsNumberWithNameAndAdvice) {
  for (const ErrorKind& kind : {kUsage, kNoContext, kLogUnreadable}) {
    const auto found = find_error(fmt::format("M{}", kind.number));
    ASSERT_TRUE(found) << kind.number;
    EXPECT_EQ(found->number, kind.number);
    EXPECT_EQ(found->name, kind.name);
    EXPECT_EQ(found->advice, kind.advice);
    EXPECT_EQ(find_error(fmt::format("{}", kind.number))->name, kind.name);
  }
  for (const char* text : {"", "M", "M9999", "M25", "2500x", "client", "M-1"})
    EXPECT_FALSE(find_error(text)) << text;
}

}  // namespace
}  // namespace muster::console
