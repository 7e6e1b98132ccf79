#include "roles/client/logs_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "roles/client/errors.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

using testing::HasSubstr;

constexpr const char* kLog =
    R"({"time":"2026-01-31T12:00:00Z","level":"info","program":"muster-client","event":"policy.taken","text":"one"})"
    "\n"
    R"({"time":"2026-01-31T12:00:01Z","level":"warning","program":"muster-client","event":"policy.poll.failed","text":"two"})"
    "\n"
    R"({"time":"2026-01-31T12:00:02Z","level":"error","program":"muster-client","event":"software.status","text":"three \u001b[2J"})"
    "\n";

struct LogsCommandTest : testing::Test {
  TemporaryFolder folder;
  void SetUp() override { folder.write("client.log", kLog); }

  std::string shown(std::vector<std::string> words) {
    const auto request = read_logs_words(folder.path(), std::move(words));
    if (!request) return "not understood";
    testing::internal::CaptureStdout();
    const auto done = show_logs(*request);
    const std::string out = testing::internal::GetCapturedStdout();
    return done ? out : done.error().text();
  }
};

TEST_F(LogsCommandTest, ShowsEveryLineWithoutWhatMovesACursor) {
  const std::string out = shown({});
  EXPECT_EQ(std::ranges::count(out, '\n'), 3);
  EXPECT_THAT(out, HasSubstr("2026-01-31T12:00:00Z     info    muster-client policy.taken: one\n"));
  EXPECT_THAT(out, HasSubstr("three  [2J"));
}

TEST_F(LogsCommandTest, ShowsOneComponentOrFromALevelOn) {
  EXPECT_EQ(std::ranges::count(shown({"--component", "policy"}), '\n'), 2);
  EXPECT_EQ(std::ranges::count(shown({"--component", "polic"}), '\n'), 0);
  EXPECT_EQ(std::ranges::count(shown({"--level", "warning"}), '\n'), 2);
  const std::string both = shown({"--component", "policy", "--level", "warning"});
  EXPECT_THAT(both, HasSubstr("two"));
  EXPECT_EQ(std::ranges::count(both, '\n'), 1);
}

TEST_F(LogsCommandTest, TurnsFormsAsTraceDoes) {
  const auto line =
      contract::parse_log_line(std::string_view(kLog).substr(0, std::string_view(kLog).find('\n')));
  EXPECT_THAT(shown({"--form", "cmtrace"}), testing::StartsWith(cmtrace_log_line(line) + "\n"));
  EXPECT_THAT(shown({"--form", "json"}), testing::StartsWith(json_log_line(line) + "\n"));
}

TEST_F(LogsCommandTest, BeginsWithWhatWasRotatedAway) {
  folder.write(
      "client.log.1",
      R"({"time":"2026-01-30T12:00:00Z","level":"info","program":"x","event":"old.one","text":"zero"})"
      "\n");
  const std::string out = shown({});
  EXPECT_LT(out.find("zero"), out.find("one\n"));
}

TEST_F(LogsCommandTest, RefusesWhatItDoesNotUnderstand) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--level", "loud"}, {"--form", "xml"}, {"--level"}, {"--colour", "red"}, {"file"}})
    EXPECT_EQ(shown(words), "not understood");
  const auto missing = read_logs_words("/nonexistent", {});
  ASSERT_TRUE(missing);
  EXPECT_TRUE(show_logs(*missing).error().is(kNoLog));
}

}  // namespace
}  // namespace muster::client
