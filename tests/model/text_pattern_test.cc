#include "model/text_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/errors.h"

namespace muster::model {
namespace {

using testing::ElementsAre;

std::vector<std::string> matched(std::string_view pattern, std::string_view line) {
  const auto parsed = TextPattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  const auto values = parsed->match(line);
  if (!values) return {"no match"};
  return {values->begin(), values->end()};
}

TEST(TextPattern, FindsFieldsBetweenLiterals) {
  EXPECT_THAT(matched("{Name} = {Value}", "colour = dark red"), ElementsAre("colour", "dark red"));
  EXPECT_THAT(matched("{Name}={Value}", "  colour=red  "), ElementsAre("colour", "red"));
  EXPECT_THAT(matched("key {Key}, for {Who} ({Seats} seats)", "key A-1, for Ada L. (3 seats)"),
              ElementsAre("A-1", "Ada L.", "3"));
  EXPECT_THAT(matched("{A} {} {C}", "one two three"), ElementsAre("one", "three"));
  EXPECT_THAT(matched("{{{A}}}", "{x}"), ElementsAre("x"));
}

TEST(TextPattern, ABlankIsOneOrMoreBlanksAndTabs) {
  EXPECT_THAT(matched("{A} {B}", "one \t  two"), ElementsAre("one", "two"));
  EXPECT_THAT(matched("  {A}   {B}  ", "one two"), ElementsAre("one", "two"));
  EXPECT_THAT(matched("port {A}", "port\t80\r"), ElementsAre("80"));
  EXPECT_THAT(matched("port {A}", "port80"), ElementsAre("no match"));
}

TEST(TextPattern, LinesOfAnotherFormDoNotMatch) {
  EXPECT_THAT(matched("{A}={B}", "no sign"), ElementsAre("no match"));
  EXPECT_THAT(matched("x {A}", "y z"), ElementsAre("no match"));
  EXPECT_THAT(matched("{A};", "a;b"), ElementsAre("no match"));
  EXPECT_THAT(matched("{A};", "a;"), ElementsAre("a"));
  EXPECT_THAT(matched("{A}={B}", "="), ElementsAre("", ""));
}

TEST(TextPattern, RefusesWhatMeansNothing) {
  for (const char* text : {"", "no field", "{A}{B}", "{A} {A}", "{A", "A}", "{}", "{A}{}"}) {
    const auto parsed = TextPattern::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed.error().is(kBadClass)) << text;
  }
}

// A line that its author made for this: each of its runs of blanks could begin the literal.
TEST(TextPattern, ReadsLongLinesInTimeProportionalToThem) {
  const auto pattern = TextPattern::parse("{A} x y z {B}");
  ASSERT_TRUE(pattern);
  std::string line;
  for (int i = 0; i < 200'000; ++i) line += " x";
  line += std::string(1'000'000, ' ');
  EXPECT_FALSE(pattern->match(line + "q"));
}

}  // namespace
}  // namespace muster::model
