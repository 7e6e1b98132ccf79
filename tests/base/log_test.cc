#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "base/log_settings.h"
#include "base/os/file.h"
#include "base/settings_tables.h"
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

TEST(LogCmTrace, HasTheFormThatCmTraceReads) {
  EXPECT_EQ(render_cmtrace(Level::Warning, "musterd", Timestamp{1769860800120}, "mp.policy.stale",
                           "policy is old", {{"device", "d1"}, {"connection", 17}}, 7),
            R"(<![LOG[policy is old [device=d1] [connection=17]]LOG]!><time="12:00:00.120+000" )"
            R"(date="01-31-2026" component="musterd" context="mp.policy.stale" type="2" )"
            R"(thread="7" file="musterd">)");
  const auto type = [](Level level) {
    const auto line = render_cmtrace(level, "p", Timestamp{0}, "e", "t", {}, 1);
    return line.substr(line.find("type="), 8);
  };
  EXPECT_EQ(type(Level::Debug), "type=\"1\"");
  EXPECT_EQ(type(Level::Info), "type=\"1\"");
  EXPECT_EQ(type(Level::Error), "type=\"3\"");
}

TEST(LogCmTrace, CannotBeMadeToWriteASecondLineOrEndTheTextEarly) {
  const std::string line =
      render_cmtrace(Level::Info, "p\"><", Timestamp{0}, "e\" type=\"3",
                     "a]LOG]!><time=\"00:00:00\">\n<![LOG[b", {{"k", "]LOG]!>\r\xff"}}, 1);
  EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(line.find("]LOG]!>"), line.rfind("]LOG]!>"));
  EXPECT_EQ(line.find("type=\"3\""), std::string::npos);
  EXPECT_THAT(line, testing::HasSubstr("\xef\xbf\xbd"));
}

TEST(LogFile, TakesLevelFileAndFormFromSettings) {
  const TemporaryFolder folder;
  const std::string standard = folder.path() / "standard.log", given = folder.path() / "given.log";
  using Values = std::vector<std::pair<std::string, std::string>>;
  const Values values = {{"http.threads", "3"},
                         {"log.file", given},
                         {"log.format", "cmtrace"},
                         {"log.level", "warning"}};
  ASSERT_TRUE(open_by_settings("p", standard, host_settings(), values));
  info("e", "too little");
  warning("e", "enough");
  const auto text = os::read_file(given);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("<![LOG[enough]LOG]!>"), 0u);
  EXPECT_EQ(text->find("too little"), std::string::npos);
  ASSERT_TRUE(open_by_settings("p", standard, client_settings(), Values{}));
  info("e", "here");
  EXPECT_THAT(os::read_file(standard).value_or(""), testing::HasSubstr("\"text\":\"here\""));
  const Values bad = {{"log.format", "xml"}};
  EXPECT_TRUE(open_by_settings("p", standard, host_settings(), bad).error().is(kBadSetting));
  ASSERT_TRUE(open("p", "", Level::Info));
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
