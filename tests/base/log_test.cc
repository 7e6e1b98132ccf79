#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "base/os/file.h"
#include "tests/base/temporary_folder.h"

namespace muster::log {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

TEST(LogRender, IsOneJsonObjectWithTypedFields) {
  EXPECT_EQ(render(Level::Warning, "musterd", Timestamp{1769860800120}, "mp.policy.stale",
                   "policy is old",
                   {{"device", "d1"}, {"connection", 17}, {"late", true}, {"offset", -3}}),
            R"({"time":"2026-01-31T12:00:00.120Z","level":"warning","program":"musterd",)"
            R"("event":"mp.policy.stale","text":"policy is old",)"
            R"("device":"d1","connection":17,"late":true,"offset":-3})");
}

TEST(LogRender, NamesEveryLevel) {
  const auto level = [](Level each) { return render(each, "p", Timestamp{0}, "e", "t", {}); };
  EXPECT_THAT(level(Level::Debug), testing::HasSubstr(R"("level":"debug")"));
  EXPECT_THAT(level(Level::Info), testing::HasSubstr(R"("level":"info")"));
  EXPECT_THAT(level(Level::Error), testing::HasSubstr(R"("level":"error")"));
}

TEST(LogRender, CannotBeMadeToWriteASecondLineOrField) {
  const std::string line = render(Level::Info, "p", Timestamp{0}, "e", "a\n{\"b\":1}\r",
                                  {{"k\"x", std::string("v\",\"admin\":\"1\n")}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_THAT(line, testing::HasSubstr(R"("text":"a\n{\"b\":1}\r")"));
  EXPECT_THAT(line, testing::HasSubstr(R"("k\"x":"v\",\"admin\":\"1\n")"));
}

TEST(LogEscape, LeavesTextAlone) {
  EXPECT_EQ(escaped("plain text / 100%"), "plain text / 100%");
  EXPECT_EQ(escaped("Größe 漢字 🙂"), "Größe 漢字 🙂");
}

TEST(LogEscape, EscapesWhatJsonForbids) {
  EXPECT_EQ(escaped("\"\\\n\r\t"), R"(\"\\\n\r\t)");
  EXPECT_EQ(escaped(std::string_view("\0\x01\x1f\x7f", 4)), R"(\u0000\u0001\u001f\u007f)");
  EXPECT_EQ(escaped("\x1b[31mred"), R"(\u001b[31mred)");
}

TEST(LogEscape, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(escaped("a\xff z"), "a\xef\xbf\xbd z");
  EXPECT_EQ(escaped("\xc3"), "\xef\xbf\xbd");
  EXPECT_EQ(escaped("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(LogFile, HoldsTheEventsFromTheLeastLevelOnAndIsNotForEveryone) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "musterd.log";
  ASSERT_TRUE(open("musterd", path.string(), Level::Info).has_value());
  debug("test.debug", "not kept");
  info("test.info", "kept", {{"n", 1}});
  failure(Level::Error, "test.failure", Error(kBadTime, "'x'"));
  ASSERT_TRUE(open("muster", "", Level::Info).has_value());
  info("test.elsewhere", "goes to standard error again");
  const Bytes text = os::read_file(path).value();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text,
              testing::HasSubstr(R"("program":"musterd","event":"test.info","text":"kept","n":1)"));
  EXPECT_THAT(text,
              testing::HasSubstr(R"("text":"M1001 bad-time: 'x'","error":1001,"advice":"Write)"));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07, 0u);
}

TEST(LogFile, ThatCannotBeOpenedIsAnErrorThatNamesIt) {
  const auto opened = open("musterd", "/nonexistent/musterd.log", Level::Info);
  ASSERT_FALSE(opened.has_value());
  EXPECT_TRUE(opened.error().is(kFileUnwritable));
  EXPECT_THAT(opened.error().detail(), testing::HasSubstr("/nonexistent/musterd.log"));
}

}  // namespace
}  // namespace muster::log
