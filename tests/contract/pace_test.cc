#include "contract/pace.h"

#include <gtest/gtest.h>

namespace muster::contract {
namespace {

TEST(Pace, AStretchReadsBackAsItWasWritten) {
  for (unsigned each = 100; each <= kLongestStretch; ++each)
    EXPECT_EQ(decode_stretch(encode_stretch(each)).value(), each);
  EXPECT_EQ(encode_stretch(105), "1.05");
}

TEST(Pace, TakesNoOtherFactor) {
  for (const char* text : {"", "1", "1.5", "1.500", "0.99", "8.01", "9.99", "1,50", "-1.0", "+1.5",
                           " 1.5", "1.5 ", "1e50", "10.0", "1.-5", "NaN."})
    EXPECT_FALSE(decode_stretch(text)) << text;
  EXPECT_FALSE(decode_stretch(std::string_view("1.5\0", 4)));
}

TEST(Pace, TakesARetryInSecondsUpToADay) {
  EXPECT_EQ(decode_retry_after("0").value(), Duration(0));
  EXPECT_EQ(decode_retry_after("90").value(), std::chrono::seconds(90));
  EXPECT_EQ(decode_retry_after("86400").value(), std::chrono::hours(24));
  for (const char* text : {"", "86401", "99999999999999999999", "-1", "+1", "1.5", "1s", " 1",
                           "Fri, 31 Dec 1999 23:59:59 GMT"})
    EXPECT_FALSE(decode_retry_after(text)) << text;
}

}  // namespace
}  // namespace muster::contract
