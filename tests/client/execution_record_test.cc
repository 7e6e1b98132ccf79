#include <gtest/gtest.h>

#include <fstream>

#include "base/errors.h"
#include "base/os/file.h"
#include "roles/client/platform/execution_log.h"
#include "roles/client/platform/run_plan.h"
#include "roles/client/software/errors.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

ExecutionRecord record(RecordKind kind, std::string deployment = "P01-00001A") {
  ExecutionRecord out;
  out.kind = kind;
  out.key = {std::move(deployment), "editor", "1.0"};
  out.at.ms = 1'700'000'000'123;
  if (kind == RecordKind::ClockSet) out.key = {};
  if (kind == RecordKind::Waiting) out.waiting = Waiting{WaitReason::CacheRoom, 7, {99}};
  if (kind == RecordKind::Intent) out.intent = Intent{"run", 2, true, {0, 3010}, {-1}, {77}, 2};
  if (kind == RecordKind::Result)
    out.result = ExecutionResult{Outcome::Failed, Ending::Signalled, 9, 2427, "why", "boot"};
  return out;
}

std::vector<ExecutionRecord> one_of_each() {
  std::vector<ExecutionRecord> out;
  for (int kind = 1; kind <= 8; ++kind) out.push_back(record(static_cast<RecordKind>(kind)));
  return out;
}

Bytes bytes_of(const std::vector<ExecutionRecord>& records) {
  Bytes out;
  for (const ExecutionRecord& each : records) out += encode_record(each);
  return out;
}

TEST(ExecutionRecords, KnowTheChecksumOfTheField) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);  // the check value of CRC-32/ISO-HDLC
}

TEST(ExecutionRecords, ComeBackAsTheyWereWritten) {
  const auto replay = replay_log(bytes_of(one_of_each()));
  ASSERT_TRUE(replay) << replay.error().text();
  EXPECT_EQ(replay->records, one_of_each());
  ExecutionRecord closing = record(RecordKind::Waiting);
  closing.waiting->ran = true;
  EXPECT_EQ(replay_log(encode_record(closing))->records, std::vector{closing});
}

// Bytes laid out by hand as docs/client.md had them before the last field of a waiting record.
TEST(ExecutionRecords, OfEarlierVersionsAreRead) {
  const auto replay = replay_log(
      from_hex(
          "4d584c310000002c64b9a53d030000018bcfe5687b0a5030312d30303030314106656469746f7203312e"
          "3002000000070000000000000063")
          .value());
  ASSERT_TRUE(replay) << replay.error().text();
  EXPECT_EQ(replay->records, std::vector{record(RecordKind::Waiting)});
}

TEST(ExecutionRecords, TruncatedAtEveryByteKeepTheWholeOnes) {
  const auto records = one_of_each();
  const Bytes all = bytes_of(records);
  for (std::size_t size = 0; size < all.size(); ++size) {
    const auto replay = replay_log(ByteView(all).substr(0, size));
    ASSERT_TRUE(replay) << size;
    EXPECT_LE(replay->good_bytes, size);
    EXPECT_EQ(bytes_of(replay->records), all.substr(0, replay->good_bytes));
    EXPECT_LT(replay->records.size(), records.size());
  }
}

TEST(ExecutionRecords, EndedByZerosOfATornAppendAreKept) {
  const Bytes all = bytes_of(one_of_each());
  const auto replay = replay_log(all + Bytes(500'000, '\0'));
  ASSERT_TRUE(replay);
  EXPECT_EQ(replay->good_bytes, all.size());
}

TEST(ExecutionRecords, DamagedBeforeAWholeOneRefuseTheWholeLog) {
  const auto records = one_of_each();
  const Bytes all = bytes_of(records);
  const std::size_t last = all.size() - encode_record(records.back()).size();
  for (std::size_t at = 0; at < last; ++at) {
    Bytes damaged = all;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    const auto replay = replay_log(damaged);
    ASSERT_FALSE(replay) << at;
    EXPECT_TRUE(replay.error().is(kLogDamaged));
  }
  for (std::size_t at = last; at < all.size(); ++at) {
    Bytes damaged = all;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    const auto replay = replay_log(damaged);
    ASSERT_TRUE(replay) << at;
    EXPECT_EQ(replay->records.size(), records.size() - 1);
  }
}

TEST(ExecutionRecords, OverALongUnreadableEndRefuseTheLog) {
  EXPECT_FALSE(replay_log(bytes_of(one_of_each()) + Bytes(kLongestRecord + 100, 'x')));
}

TEST(ExecutionRecords, CompactToTheNewestOfEachKindAndKey) {
  std::vector<ExecutionRecord> records;
  for (int i = 0; i < 50; ++i)
    for (const ExecutionRecord& each : one_of_each()) records.push_back(each);
  records.push_back(record(RecordKind::Result, "P01-000002"));
  const auto compact = compact_records(records);
  // All kinds but a clock that was set behind nothing.
  ASSERT_EQ(compact.size(), 8u);
  EXPECT_EQ(compact.back().key.deployment, "P01-000002");
}

// What ran before what is known by it, however many attempts followed that never ran.
TEST(ExecutionRecords, CompactToTheNewestRunThatTookPlaceToo) {
  ExecutionRecord never = record(RecordKind::Result);
  never.result->ending = Ending::NeverRan;
  ExecutionRecord repeated = record(RecordKind::Waiting);
  repeated.waiting->ran = true;
  for (const ExecutionRecord& closed : {record(RecordKind::Result), repeated}) {
    const std::vector<ExecutionRecord> ran{record(RecordKind::Intent), closed};
    std::vector<ExecutionRecord> all = ran;
    for (int i = 0; i < 3; ++i)
      for (const ExecutionRecord& each :
           {record(RecordKind::Intent), record(RecordKind::Waiting), never})
        all.push_back(each);
    const auto compact = compact_records(all);
    ASSERT_EQ(compact.size(), 5u);
    EXPECT_EQ(compact[0], ran[0]);
    EXPECT_EQ(compact[1], ran[1]);
  }
}

TEST(ExecutionLogFile, GoesOnBehindATornEnd) {
  TemporaryFolder folder;
  const auto path = folder.path() / "state" / "execution.log";
  {
    auto opened = ExecutionLog::open(path);
    ASSERT_TRUE(opened) << opened.error().text();
    for (const ExecutionRecord& each : one_of_each()) ASSERT_TRUE(opened->log.append(each));
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  {
    auto opened = ExecutionLog::open(path);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->records.size(), one_of_each().size() - 1);
    ASSERT_TRUE(opened->log.append(record(RecordKind::Result)));
  }
  const auto opened = ExecutionLog::open(path);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->records.size(), one_of_each().size());
  EXPECT_EQ(opened->records.back(), record(RecordKind::Result));
}

TEST(ExecutionLogFile, BelongsToOneProcessAtATime) {
  TemporaryFolder folder;
  const auto path = folder.path() / "execution.log";
  const auto first = ExecutionLog::open(path);
  ASSERT_TRUE(first);
  const auto second = ExecutionLog::open(path);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(kFileUnwritable));
}

TEST(ExecutionLogFile, IsShortenedWhenItGrewLong) {
  TemporaryFolder folder;
  const auto path = folder.path() / "execution.log";
  {
    auto opened = ExecutionLog::open(path);
    ASSERT_TRUE(opened);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(opened->log.append(record(RecordKind::Waiting)));
  }
  {
    const auto opened = ExecutionLog::open(path, 1000);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->records.size(), 1u);
  }
  EXPECT_EQ(std::filesystem::file_size(path), encode_record(record(RecordKind::Waiting)).size());
}

TEST(ExecutionLogFile, ThatIsDamagedIsRefused) {
  TemporaryFolder folder;
  Bytes bytes = bytes_of(one_of_each());
  bytes[20] = static_cast<char>(~bytes[20]);
  const auto path = folder.write("execution.log", bytes);
  const auto opened = ExecutionLog::open(path);
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kLogDamaged));
  EXPECT_EQ(os::read_file(path).value(), bytes);
}

TEST(RunPlans, ComeBackAsTheyWereWrittenAndTruncatedNever) {
  RunPlan plan{"./run",
               {"run", ""},
               {"A=b"},
               Duration(5),
               Duration(6),
               7,
               RunUser{"u", 8, 9},
               {{"KEY", "/secrets/key"}, {"OTHER", "/secrets/o"}}};
  const Bytes bytes = encode_plan(plan);
  EXPECT_EQ(decode_plan(bytes).value(), plan);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_plan(ByteView(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_plan(bytes + "x"));

  const RunResult result{Ending::TimedOut, 15, "late"};
  const Bytes ended = encode_result(result);
  EXPECT_EQ(decode_result(ended).value(), result);
  for (std::size_t size = 0; size < ended.size(); ++size)
    EXPECT_FALSE(decode_result(ByteView(ended).substr(0, size))) << size;
  EXPECT_FALSE(decode_result(ended + "x"));
}

}  // namespace
}  // namespace muster::client
