#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace muster {
namespace {

Bytes every_byte() {
  Bytes out;
  for (int i = 0; i < 256; ++i) out += static_cast<char>(i);
  return out;
}

TEST(Hex, IsLowerCaseAndComesBack) {
  EXPECT_EQ(to_hex(Bytes("\x00\x7f\xff", 3)), "007fff");
  EXPECT_EQ(from_hex(to_hex(every_byte())).value(), every_byte());
  EXPECT_EQ(from_hex("").value(), "");
}

TEST(Hex, RefusesASecondSpelling) {
  for (const char* text : {"0", "0A", "g0", "0g", " 0", "0x", "00 "}) {
    const auto bytes = from_hex(text);
    ASSERT_FALSE(bytes.has_value()) << text;
    EXPECT_TRUE(bytes.error().is(kBadEncoding));
  }
}

TEST(Base64, IsThatOfRfc4648Section10) {
  const struct {
    const char* bytes;
    const char* text;
  } kVectors[] = {{"", ""},
                  {"f", "Zg=="},
                  {"fo", "Zm8="},
                  {"foo", "Zm9v"},
                  {"foob", "Zm9vYg=="},
                  {"fooba", "Zm9vYmE="},
                  {"foobar", "Zm9vYmFy"}};
  for (const auto& each : kVectors) {
    EXPECT_EQ(to_base64(each.bytes), each.text);
    EXPECT_EQ(from_base64(each.text).value(), each.bytes);
  }
  EXPECT_EQ(from_base64(to_base64(every_byte())).value(), every_byte());
}

TEST(Base64, RefusesMissingPaddingSpareBitsAndForeignCharacters) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Z-9v", "=",
                           "====", "Zg==Zg==", "Z==="})
    EXPECT_FALSE(from_base64(text).has_value()) << text;
}

TEST(Base64, RefusesATextCutOffInsideAGroup) {
  const std::string whole = to_base64("foobar");
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(from_base64(whole.substr(0, size)).has_value(), size % 4 == 0) << size;
}

TEST(Base64Url, HasNoPaddingAndNoPlusOrSlash) {
  const Bytes bytes("\xfb\xff\xfe", 3);
  EXPECT_EQ(to_base64url(bytes), "-__-");
  EXPECT_EQ(to_base64url("f"), "Zg");
  EXPECT_EQ(from_base64url(to_base64url(every_byte())).value(), every_byte());
}

TEST(Base64Url, RefusesPaddingSpareBitsAndTheOtherAlphabet) {
  for (const char* text : {"Zg==", "+/+/", "Zh", "Z", "Zm9vY", "Zg\n"})
    EXPECT_FALSE(from_base64url(text).has_value()) << text;
}

TEST(EqualInConstantTime, ComparesWholeValues) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("xbc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
  EXPECT_FALSE(equal_in_constant_time(ByteView("\0", 1), ByteView("\x80", 1)));
}

}  // namespace
}  // namespace muster
