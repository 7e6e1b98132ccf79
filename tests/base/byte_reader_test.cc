#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include "base/byte_writer.h"

namespace muster {
namespace {

Bytes varint(std::uint64_t value) {
  ByteWriter out;
  out.varint(value);
  return std::move(out).take();
}

TEST(ByteWriter, WritesBigEndian) {
  ByteWriter out;
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0full);
  EXPECT_EQ(to_hex(out.view()), "0102030405060708090a0b0c0d0e0f");
}

TEST(ByteWriter, WritesLittleEndianWhereItIsTold) {
  ByteWriter out(ByteOrder::Little);
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0full);
  EXPECT_EQ(to_hex(out.view()), "010302070605040f0e0d0c0b0a0908");
  ByteReader in(out.view(), ByteOrder::Little);
  EXPECT_EQ(in.u8().value(), 0x01);
  EXPECT_EQ(in.u16().value(), 0x0203);
  EXPECT_EQ(in.u32().value(), 0x04050607u);
  EXPECT_EQ(in.u64().value(), 0x08090a0b0c0d0e0full);
}

TEST(ByteWriter, WritesVarintsAsLeb128) {
  EXPECT_EQ(to_hex(varint(0)), "00");
  EXPECT_EQ(to_hex(varint(127)), "7f");
  EXPECT_EQ(to_hex(varint(128)), "8001");
  EXPECT_EQ(to_hex(varint(300)), "ac02");
  EXPECT_EQ(to_hex(varint(UINT64_MAX)), "ffffffffffffffffff01");
}

TEST(ByteReader, ReadsWhatWasWritten) {
  ByteWriter out;
  out.u8(255);
  out.u16(65535);
  out.u32(0xfffffffe);
  out.u64(UINT64_MAX - 1);
  out.varint(1u << 21);
  out.sized("five!");
  out.bytes("end");
  ByteReader in(out.view());
  EXPECT_EQ(in.u8().value(), 255);
  EXPECT_EQ(in.u16().value(), 65535);
  EXPECT_EQ(in.u32().value(), 0xfffffffeu);
  EXPECT_EQ(in.u64().value(), UINT64_MAX - 1);
  EXPECT_EQ(in.varint().value(), 1u << 21);
  EXPECT_EQ(in.sized().value(), "five!");
  EXPECT_EQ(in.remaining(), 3u);
  EXPECT_EQ(in.bytes(3).value(), "end");
  EXPECT_TRUE(in.at_end());
}

TEST(ByteReader, ReadsEveryLengthOfVarint) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t value : {1ull << bit, (1ull << bit) - 1, (1ull << bit) | 1}) {
      const Bytes bytes = varint(value);
      ByteReader in(bytes);
      EXPECT_EQ(in.varint().value(), value);
      EXPECT_TRUE(in.at_end());
    }
  }
}

TEST(ByteReader, FailsAtEveryByteWhereTheInputIsCutOff) {
  ByteWriter out;
  out.u8(1);
  out.u16(2);
  out.u32(3);
  out.u64(4);
  out.varint(UINT64_MAX);
  out.sized("text");
  const auto read = [](ByteView bytes) -> Result<void> {
    ByteReader in(bytes);
    TRY(in.u8());
    TRY(in.u16());
    TRY(in.u32());
    TRY(in.u64());
    TRY(in.varint());
    TRY(in.sized());
    return {};
  };
  const Bytes whole = out.view();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto result = read(whole.substr(0, size));
    ASSERT_FALSE(result.has_value()) << size;
    EXPECT_TRUE(result.error().is(kShortInput)) << size;
  }
  EXPECT_TRUE(read(whole).has_value());
}

TEST(ByteReader, DoesNotMoveWhenAReadFails) {
  ByteReader in("abc");
  EXPECT_FALSE(in.u32().has_value());
  EXPECT_FALSE(in.bytes(4).has_value());
  EXPECT_EQ(in.position(), 0u);
  EXPECT_EQ(in.bytes(3).value(), "abc");
}

TEST(ByteReader, RefusesASizeThatNoInputCanHave) {
  const Bytes bytes = varint(UINT64_MAX) + "x";
  ByteReader in(bytes);
  EXPECT_TRUE(in.sized().error().is(kShortInput));
}

TEST(ByteReader, RefusesVarintsThatAreOverlongOrTooLarge) {
  for (const char* hex : {"8000", "808000", "ff00", "ffffffffffffffffff02", "ffffffffffffffffff81",
                          "ffffffffffffffffffff01", "ffffffffffffffffff00"}) {
    const Bytes bytes = from_hex(hex).value();
    ByteReader in(bytes);
    const auto value = in.varint();
    ASSERT_FALSE(value.has_value()) << hex;
    EXPECT_TRUE(value.error().is(kBadEncoding)) << hex;
  }
}

}  // namespace
}  // namespace muster
