#include "store/journal_format.h"

#include "tests/store/store_test.h"

namespace muster::store {
namespace {

constexpr SegmentHeader kHeader{1000, 0x0123456789abcdef};

// Records in groups: each inner list is written together.
Bytes records_of(const std::vector<std::vector<Bytes>>& groups) {
  Bytes out;
  for (const auto& group : groups) {
    const JournalPosition start = kHeader.base + out.size();
    for (const Bytes& payload : group)
      append_record(out, kHeader.salt, start, kHeader.base + out.size(), payload);
  }
  return out;
}

TEST(JournalFormat, ASegmentHeaderComesBackAndIsCheckedWhole) {
  const Bytes bytes = encode_segment_header(kHeader);
  EXPECT_EQ(bytes.size(), kSegmentHeaderSize);
  EXPECT_EQ(must(decode_segment_header(bytes)).base, kHeader.base);
  EXPECT_EQ(must(decode_segment_header(bytes)).salt, kHeader.salt);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_TRUE(fails_with(decode_segment_header(ByteView(bytes).substr(0, i)), kJournalCorrupt));
    Bytes damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    EXPECT_TRUE(fails_with(decode_segment_header(damaged), kJournalCorrupt)) << i;
  }
}

TEST(JournalFormat, HasTheBytesThatTheDocumentSays) {
  EXPECT_EQ(to_hex(encode_segment_header({0, 1})),
            "6d75737465724a31"
            "0000000000000000"
            "0000000000000001"
            "00000000"
            "7c3aad6f");
  Bytes record;
  append_record(record, 1, 16, 36, "abc");
  EXPECT_EQ(to_hex(record),
            "00000003"
            "0723897e"
            "0000000000000025"
            "00000014"
            "616263");
}

TEST(JournalFormat, ARecordIsTakenWholeAndAtItsPlaceOnly) {
  const Bytes bytes = records_of({{"payload"}});
  const auto record = parse_record(bytes, kHeader.salt, kHeader.base);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->payload, "payload");
  EXPECT_EQ(record->group, kHeader.base);
  EXPECT_EQ(record->next, kHeader.base + bytes.size());
  EXPECT_FALSE(parse_record(bytes, kHeader.salt, kHeader.base + 1));
  EXPECT_FALSE(parse_record(bytes, kHeader.salt + 1, kHeader.base));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(parse_record(ByteView(bytes).substr(0, i), kHeader.salt, kHeader.base));
    Bytes damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(parse_record(damaged, kHeader.salt, kHeader.base)) << i;
  }
}

TEST(JournalFormat, ACutAnywhereLeavesTheWholeRecordsBefore) {
  const Bytes bytes = records_of({{"first"}, {"second", "third"}, {""}});
  const std::vector<std::size_t> ends = {0, 25, 51, 76, 96};
  ASSERT_EQ(bytes.size(), ends.back());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto good = must(scan_records(ByteView(bytes).substr(0, size), kHeader));
    std::size_t wanted = 0;
    for (const std::size_t end : ends)
      if (end <= size) wanted = end;
    EXPECT_EQ(good, wanted) << size;
  }
}

TEST(JournalFormat, DamageBeforeALaterGroupIsCorruptionAndNamesTheOffset) {
  const Bytes bytes = records_of({{"first"}, {"second", "third"}, {"fourth"}});
  for (std::size_t i = 0; i < 76; ++i) {
    Bytes damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_TRUE(fails_with(scan_records(damaged, kHeader), kJournalCorrupt)) << i;
  }
  Bytes damaged = bytes;
  damaged[30] = static_cast<char>(damaged[30] ^ 1);
  const auto scanned = scan_records(damaged, kHeader);
  ASSERT_TRUE(fails_with(scanned, kJournalCorrupt));
  EXPECT_NE(scanned.error().detail().find("offset 57"), std::string::npos);
}

TEST(JournalFormat, DamageWithinTheLastGroupIsATornTail) {
  // After a power cut the disk may have the end of a group and not its beginning.
  const Bytes bytes = records_of({{"first"}, {"second", "third"}});
  Bytes torn = bytes;
  for (std::size_t i = 25; i < 51; ++i) torn[i] = '\0';
  EXPECT_EQ(must(scan_records(torn, kHeader)), 25u);
  EXPECT_EQ(must(scan_records(bytes + Bytes(5000, '\0'), kHeader)), bytes.size());
}

TEST(JournalFormat, APayloadThatLooksLikeRecordsIsNotTakenForAny) {
  // A sender who knows where its message will lie, but not the salt.
  Bytes payload;
  const JournalPosition inner = kHeader.base + 25 + kRecordHeaderSize;
  append_record(payload, 0, inner, inner, "forged");
  Bytes bytes = records_of({{"first"}, {payload}});
  bytes.resize(bytes.size() - 1);  // torn
  EXPECT_EQ(must(scan_records(bytes, kHeader)), 25u);
}

}  // namespace
}  // namespace muster::store
