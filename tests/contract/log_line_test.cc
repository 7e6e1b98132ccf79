#include "contract/log_line.h"

#include <gtest/gtest.h>

namespace muster::contract {
namespace {

using log::Level;

constexpr Timestamp kNow{1769860800120};

TEST(LogLine, ReadsBothFormsOfTheSameEvent) {
  const log::Fields fields = {{"device", "d1"}, {"connection", 17}};
  const auto json =
      parse_log_line(log::render(Level::Warning, "musterd", kNow, "mp.stale", "it's old", fields));
  EXPECT_EQ(json.time, kNow);
  EXPECT_EQ(json.level, Level::Warning);
  EXPECT_EQ(json.program, "musterd");
  EXPECT_EQ(json.event, "mp.stale");
  EXPECT_EQ(json.text, "it's old");
  EXPECT_EQ(json.fields, (std::vector<std::pair<std::string, std::string>>{{"device", "d1"},
                                                                           {"connection", "17"}}));
  const auto cmtrace = parse_log_line(
      log::render_cmtrace(Level::Warning, "musterd", kNow, "mp.stale", "it's old", fields, 3));
  EXPECT_EQ(cmtrace.time, kNow);
  EXPECT_EQ(cmtrace.level, Level::Warning);
  EXPECT_EQ(cmtrace.program, "musterd");
  EXPECT_EQ(cmtrace.event, "mp.stale");
  EXPECT_EQ(cmtrace.text, "it's old [device=d1] [connection=17]");
  EXPECT_EQ(cmtrace_log_line(json), cmtrace_log_line(cmtrace));
  EXPECT_EQ(parse_log_line(json_log_line(json)).text, json.text);
}

// A line of another product's client, with the bias that local time has there: UTC-8.
TEST(LogLine, BringsLocalTimesOfCmTraceLinesToUtc) {
  const auto line = parse_log_line(
      "<![LOG[Execution started]LOG]!><time=\"04:00:00.120+480\" date=\"01-31-2026\" "
      "component=\"execmgr\" context=\"\" type=\"3\" thread=\"2336\" "
      "file=\"execreqmgr.cpp:1234\">");
  EXPECT_EQ(line.time, kNow);
  EXPECT_EQ(line.level, Level::Error);
  EXPECT_EQ(line.program, "execmgr");
  EXPECT_EQ(line.text, "Execution started");
  const auto east = parse_log_line(
      "<![LOG[x]LOG]!><time=\"13:00:00.12-060\" date=\"01-31-2026\" component=\"c\" type=\"1\">");
  EXPECT_EQ(east.time, kNow);
}

TEST(LogLine, NoAttributeOfAForeignLineBreaksTheJsonForm) {
  const auto line = parse_log_line(
      "<![LOG[x]LOG]!><time=\"12:00:00\" date=\"01-31-2026\" component=\"a\\\" "
      "context=\"b\nc\" type=\"1\">");
  const auto again = parse_log_line(json_log_line(line));
  EXPECT_EQ(again.program, "a\\");
  EXPECT_EQ(again.event, "b\nc");
  EXPECT_EQ(json_log_line(line).find('\n'), std::string::npos);
}

TEST(LogLine, RefusesNoLine) {
  for (const std::string& text : std::vector<std::string>{
           "", "plain", "{", R"({"time":1})", R"({"time":"2026-01-31T12:00:00Z","x":[{}]})",
           "<![LOG[", "<![LOG[a]LOG]!>", "<![LOG[a]LOG]!><time=\"99:99:99\" date=\"13-32-2026\">",
           "<![LOG[a]LOG]!><time=\"12:00:00.1", std::string("\0\xff", 2)}) {
    const auto line = parse_log_line(text);
    EXPECT_TRUE(line.time || line.text == text) << text;
  }
  const std::string whole = log::render_cmtrace(Level::Info, "p", kNow, "e", "t", {}, 1);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NO_FATAL_FAILURE(parse_log_line(whole.substr(0, size)));
}

}  // namespace
}  // namespace muster::contract
