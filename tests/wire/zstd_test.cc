#include "wire/zstd.h"

#include <gtest/gtest.h>

#include "wire/errors.h"

namespace muster::wire {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

std::uint16_t error_number(ByteView frame, std::size_t limit) {
  const auto content = zstd_decompress(frame, limit);
  return content ? std::uint16_t{0} : content.error().kind().number;
}

Bytes golden_content() {
  Bytes out;
  for (int i = 0; i < 20; ++i) out += "muster zstd golden ";
  return out;
}

// Written by the zstd program 1.5.4: with the content size and without checksum, and from a pipe,
// so without content size and with checksum.
const char kSized[] = "28b52ffd607c00d50000986d7573746572207a73746420676f6c64656e200100cd4c9d61";
const char kPiped[] =
    "28b52ffd0448d50000986d7573746572207a73746420676f6c64656e200100cd4c9d61b517f37d";
// 3,000,000 zero bytes from a pipe with `zstd -1` and with `zstd --ultra -22 --long=27`.
const char kZeros[] =
    "28b52ffd00485400001000000100fbff39c00202001000020010000200100002001000020010000200100002001000"
    "0200100002001000020010000200100002001000020010000200100002001000440000000100fdffcd0b1002001000"
    "0200100002001000020010000200100003360e00";
const char kWideWindow[] =
    "28b52ffd00884c000008000100fcff3910020200100002001000020010000200100002001000020010000200100002"
    "0010000200100002001000020010000200100002001000020010000200100002001000020010000200100002001000"
    "020010000200100003360e00";

TEST(Zstd, ReadsFramesOfTheZstdProgram) {
  EXPECT_EQ(*zstd_decompress(hex(kSized), 380), golden_content());
  EXPECT_EQ(*zstd_decompress(hex(kPiped), 380), golden_content());
}

TEST(Zstd, GivesBackWhatItCompressed) {
  Bytes content;
  for (int i = 0; content.size() < 100'000; ++i) content += fmt::format("row {} of many\n", i * i);
  for (const int level : {1, 3, 9, 99}) {
    const Bytes frame = zstd_compress(content, level);
    EXPECT_LT(frame.size(), content.size() / 2);
    EXPECT_EQ(*zstd_decompress(frame, content.size()), content);
  }
  EXPECT_EQ(*zstd_decompress(zstd_compress(""), 0), "");
  EXPECT_EQ(*zstd_decompress(zstd_compress("x"), 1), "x");
}

TEST(Zstd, HoldsTheLimitToTheLastByte) {
  for (const char* frame : {kSized, kPiped}) {
    EXPECT_EQ(error_number(hex(frame), 379), 1121);
    EXPECT_EQ(error_number(hex(frame), 0), 1121);
    EXPECT_EQ(error_number(hex(frame), std::size_t{1} << 40), 0);
  }
}

TEST(Zstd, StopsABombAtTheLimit) {
  const Bytes bomb = zstd_compress(Bytes(64u << 20, '\0'));
  EXPECT_LT(bomb.size(), 10'000u);
  EXPECT_EQ(error_number(bomb, 1u << 20), 1121);
  EXPECT_EQ(error_number(hex(kZeros), 2'999'999), 1121);
  EXPECT_EQ(zstd_decompress(hex(kZeros), 3'000'000)->size(), 3'000'000u);
}

TEST(Zstd, RefusesAWindowThatWouldNeedMuchMemory) {
  EXPECT_EQ(error_number(hex(kWideWindow), 3'000'000), 1120);
}

TEST(Zstd, RefusesAFrameCutAtAnyByte) {
  for (const char* text : {kSized, kPiped}) {
    const Bytes frame = hex(text);
    for (std::size_t size = 0; size < frame.size(); ++size)
      EXPECT_EQ(error_number(frame.substr(0, size), 1000), 1120) << size;
  }
}

TEST(Zstd, RefusesBytesAfterTheFrame) {
  for (const char* text : {kSized, kPiped}) {
    EXPECT_EQ(error_number(hex(text) + "x", 1000), 1120);
    EXPECT_EQ(error_number(hex(text) + hex(text), 1000), 1120);
  }
}

TEST(Zstd, RefusesSkippableFramesAndOtherFormats) {
  EXPECT_EQ(error_number(hex("502a4d180400000061626364"), 1000), 1120);
  EXPECT_EQ(error_number(hex("502a4d180400000061626364") + hex(kSized), 1000), 1120);
  EXPECT_EQ(error_number("plain text", 1000), 1120);
  EXPECT_EQ(error_number("\x1f\x8b\x08 gzip", 1000), 1120);
}

TEST(Zstd, NoticesADamagedChecksumAndAWrongContentSize) {
  Bytes frame = hex(kPiped);
  frame.back() = static_cast<char>(frame.back() ^ 1);
  EXPECT_EQ(error_number(frame, 1000), 1120);
  frame = hex(kSized);
  frame[5] = static_cast<char>(frame[5] + 1);  // the low byte of the content size
  EXPECT_EQ(error_number(frame, 1000), 1120);
}

TEST(Zstd, WorksAgainAfterAFailure) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(error_number(hex(kZeros), 10), 1121);
    EXPECT_EQ(error_number(hex(kPiped).substr(0, 20), 1000), 1120);
    EXPECT_EQ(error_number(hex(kPiped), 1000), 0);
  }
}

}  // namespace
}  // namespace muster::wire
