#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace {

TEST(Utf8, TakesTheFirstAndLastOfEveryLength) {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(text)) << text;
  EXPECT_TRUE(is_utf8(std::string(3, '\0')));
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatLiesBeyond) {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff",
        "\xc2\xc0", "\xc2\x41", "\xe1\x80\x41", "\xf1\x80\x80\x41", "ok\xc2"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

TEST(Utf8, IsRefusedWhenCutOffInsideASequence) {
  for (const std::string whole : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x99\x82"})
    for (std::size_t size = 1; size < whole.size(); ++size)
      EXPECT_FALSE(is_utf8(whole.substr(0, size)));
}

TEST(Utf8, TellsTheLengthOfTheFirstSequence) {
  EXPECT_EQ(utf8_sequence(""), 0u);
  EXPECT_EQ(utf8_sequence("ab"), 1u);
  EXPECT_EQ(utf8_sequence("\xc3\xa9x"), 2u);
  EXPECT_EQ(utf8_sequence("\xe2\x82\xacx"), 3u);
  EXPECT_EQ(utf8_sequence("\xf0\x9f\x99\x82x"), 4u);
  EXPECT_EQ(utf8_sequence("\xff"), 0u);
}

}  // namespace
}  // namespace muster
