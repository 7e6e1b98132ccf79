#include <gtest/gtest.h>

#include <limits>

#include "wire/json.h"

namespace muster::wire {
namespace {

Bytes written_string(std::string_view text) {
  JsonWriter w;
  w.string(text);
  return std::move(w).take();
}

Bytes written_real(double value) {
  JsonWriter w;
  w.real(value);
  return std::move(w).take();
}

TEST(JsonWriter, PutsCommasAndColonsByItself) {
  JsonWriter w;
  w.object().key("name").string("x").key("sizes").array().number(3).number(-4).array().end();
  w.object().end().boolean(true).null().end();
  w.key("o").object().key("a").boolean(false).key("b").raw("[1,2]").end().key("z").null().end();
  EXPECT_EQ(std::move(w).take(),
            R"({"name":"x","sizes":[3,-4,[],{},true,null],"o":{"a":false,"b":[1,2]},"z":null})");
}

TEST(JsonWriter, WritesTheEndsOfTheNumberRanges) {
  JsonWriter w;
  w.array().number(std::numeric_limits<std::int64_t>::min());
  w.number(std::numeric_limits<std::uint64_t>::max()).number(0u).end();
  EXPECT_EQ(std::move(w).take(), "[-9223372036854775808,18446744073709551615,0]");
}

TEST(JsonWriter, WritesRealsThatReadBackAsTheSameReal) {
  EXPECT_EQ(written_real(3), "3.0");
  EXPECT_EQ(written_real(0.1), "0.1");
  EXPECT_EQ(written_real(-0.0), "-0.0");
  for (const double value : {1e300, 5e-324, 1.7976931348623157e308, 1.0 / 3, 123456789.125}) {
    const auto document = JsonDocument::parse(written_real(value));
    ASSERT_TRUE(document) << written_real(value);
    EXPECT_EQ(document->root().kind(), Json::Kind::Double);
    EXPECT_EQ(*document->root().number(), value);
  }
}

TEST(JsonWriter, EscapesWhatRfc8259Demands) {
  EXPECT_EQ(written_string("a\"b\\c/\b\f\n\r\t"), R"("a\"b\\c/\b\f\n\r\t")");
  EXPECT_EQ(written_string(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(written_string("é€😀"), "\"é€😀\"");
}

TEST(JsonWriter, ReplacesEachByteThatIsNoUtf8) {
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(written_string("a\xff\xfe z"), "\"a" + r + r + " z\"");
  EXPECT_EQ(written_string("\xed\xa0\x80"), "\"" + r + r + r + "\"");
  EXPECT_EQ(written_string("\xc3"), "\"" + r + "\"");
  EXPECT_EQ(written_string("\xf0\x9f\x98"), "\"" + r + r + r + "\"");
}

TEST(JsonWriter, WritesEveryByteStringSoThatTheReaderTakesIt) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; second += 5) {
      const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
      JsonWriter w;
      w.object().key(text).string(text).end();
      ASSERT_TRUE(JsonDocument::parse(w.view())) << first << ' ' << second;
    }
  }
}

using JsonWriterDeathTest = testing::Test;

TEST(JsonWriterDeathTest, StopsOnCallsThatDoNotNest) {
  EXPECT_DEATH(JsonWriter().object().number(1), "");
  EXPECT_DEATH(JsonWriter().array().key("x"), "");
  EXPECT_DEATH(JsonWriter().object().key("x").end(), "");
  EXPECT_DEATH(JsonWriter().object().key("x").key("y"), "");
  EXPECT_DEATH(JsonWriter().end(), "");
  EXPECT_DEATH(JsonWriter().number(1).number(2), "");
  EXPECT_DEATH(std::move(JsonWriter().array()).take(), "");
  EXPECT_DEATH(JsonWriter().take(), "");
  EXPECT_DEATH(JsonWriter().real(std::numeric_limits<double>::infinity()), "");
}

}  // namespace
}  // namespace muster::wire
