#include "store/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <latch>
#include <thread>

#include "base/os/file.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;

constexpr JournalOptions kSmall{4096, 1000, 2048, 64 * 1024};

class JournalTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Journal>> open(JournalDisk disk = JournalDisk::real(),
                                        const JournalOptions& options = kSmall) {
    return Journal::open(path_, options, std::move(disk));
  }
  static std::vector<Bytes> all(const Journal& journal) {
    std::vector<Bytes> out;
    for (JournalPosition at = journal.begin(); at < journal.end();)
      for (JournalRecord& record : must(journal.read(at, 1000))) {
        EXPECT_EQ(record.position, at);
        at = record.next;
        out.push_back(std::move(record.payload));
      }
    return out;
  }
  std::vector<fs::path> segments() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(path_))
      if (entry.path().extension() == ".segment") out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  static void flip(const fs::path& file, std::uint64_t offset) {
    Bytes bytes = must(os::read_file(file));
    bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "inbox";
};

TEST_F(JournalTest, RecordsComeBackInOrderAlsoAfterReopening) {
  std::vector<Bytes> wanted;
  {
    const auto journal = must(open());
    JournalPosition last = 0;
    for (int i = 0; i < 300; ++i) {
      wanted.push_back(Bytes(static_cast<std::size_t>(i), static_cast<char>(i)));
      const JournalPosition position = must(journal->append(wanted.back()));
      EXPECT_EQ(position, last);
      last = position + kRecordHeaderSize + wanted.back().size();
    }
    EXPECT_EQ(journal->end(), last);
    EXPECT_EQ(all(*journal), wanted);
  }
  EXPECT_GT(segments().size(), 5u);
  const auto journal = must(open());
  EXPECT_EQ(journal->repaired_bytes(), 0u);
  EXPECT_EQ(all(*journal), wanted);
  must(journal->append("more"));
  EXPECT_EQ(all(*journal).back(), "more");
}

TEST_F(JournalTest, FilesAndFolderArePrivate) {
  const auto journal = must(open());
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(segments().at(0)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(JournalTest, OneProcessHoldsIt) {
  const auto journal = must(open());
  EXPECT_FALSE(open());
}

TEST_F(JournalTest, ManyAppendersShareAnFsync) {
  std::atomic<int> syncs = 0;
  JournalDisk disk = JournalDisk::real();
  disk.sync = [&](int fd) {
    ++syncs;
    return ::fdatasync(fd);
  };
  const auto journal = must(open(disk));
  syncs = 0;
  std::vector<Journal::Ticket> tickets;
  for (int i = 0; i < 20; ++i) tickets.push_back(must(journal->queue(fmt::format("{}", i))));
  EXPECT_EQ(syncs, 0);
  EXPECT_EQ(journal->end(), 0u);
  for (const auto& ticket : tickets) must(journal->wait(ticket));
  EXPECT_EQ(syncs, 1);
  EXPECT_EQ(all(*journal).size(), 20u);
}

TEST_F(JournalTest, AppendersOfManyThreadsAllGetThrough) {
  const auto journal = must(open());
  std::vector<std::thread> threads;
  std::latch start(8);
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < 50; ++i) must(journal->append(fmt::format("{}-{}", t, i)));
    });
  for (std::thread& thread : threads) thread.join();
  std::vector<Bytes> records = all(*journal);
  EXPECT_EQ(records.size(), 400u);
  std::sort(records.begin(), records.end());
  EXPECT_EQ(std::unique(records.begin(), records.end()), records.end());
}

TEST_F(JournalTest, QueueingWithoutWaitingStaysBounded) {
  const auto journal = must(open());
  for (int i = 0; i < 40; ++i) must(journal->queue(Bytes(1000, 'x')));
  EXPECT_GT(journal->end(), 20'000u);
}

TEST_F(JournalTest, ATooLongRecordIsRefused) {
  const auto journal = must(open());
  EXPECT_TRUE(fails_with(journal->append(Bytes(1001, 'x')), kRecordTooLarge));
  must(journal->append(Bytes(1000, 'x')));
}

TEST_F(JournalTest, AtItsLimitItIsFullUntilItIsTrimmed) {
  const auto journal = must(open());
  Result<JournalPosition> last = 0;
  int count = 0;
  while ((last = journal->append(Bytes(1000, 'x')))) ++count;
  EXPECT_TRUE(fails_with(last, kJournalFull));
  EXPECT_EQ(count, 64);
  EXPECT_TRUE(fails_with(journal->append(Bytes(1000, 'x')), kJournalFull));
  must(journal->trim(journal->end()));
  must(journal->append(Bytes(1000, 'x')));
}

TEST_F(JournalTest, TrimmingRemovesWholeSegmentsBeforeThePosition) {
  auto journal = must(open());
  std::vector<JournalPosition> positions;
  for (int i = 0; i < 20; ++i) positions.push_back(must(journal->append(Bytes(1000, 'x'))));
  const auto before = segments().size();
  must(journal->trim(positions[10]));
  EXPECT_LT(segments().size(), before);
  EXPECT_LE(journal->begin(), positions[10]);
  EXPECT_GT(journal->begin(), positions[5]);
  EXPECT_EQ(must(journal->read(positions[10], 1)).size(), 1u);
  EXPECT_TRUE(fails_with(journal->read(0, 1), kBadPosition));
  EXPECT_TRUE(fails_with(journal->trim(journal->end() + 1), kBadPosition));
  EXPECT_TRUE(fails_with(journal->read(journal->end() + 1, 1), kBadPosition));
  EXPECT_TRUE(must(journal->read(journal->end(), 1)).empty());

  const JournalPosition end = journal->end();
  must(journal->trim(end));
  journal.reset();
  EXPECT_EQ(must(open())->end(), end);
}

TEST_F(JournalTest, AReaderWaitsForTheNextRecord) {
  const auto journal = must(open());
  EXPECT_FALSE(journal->wait_for(0, std::chrono::milliseconds(0)));
  std::latch reading(1);
  bool found = false;
  std::thread reader([&] {
    reading.count_down();
    found = journal->wait_for(0, std::chrono::seconds(60));
  });
  reading.wait();
  must(journal->append("x"));
  reader.join();
  EXPECT_TRUE(found);
  EXPECT_TRUE(journal->wait_for(0, std::chrono::milliseconds(0)));
}

TEST_F(JournalTest, AWaitingReaderCanBeWoken) {
  const auto journal = must(open());
  std::atomic<bool> ended = false;
  bool found = true;
  std::thread reader([&] {
    found = journal->wait_for(0, std::chrono::seconds(60));
    ended = true;
  });
  while (!ended) {
    journal->wake_readers();
    std::this_thread::yield();
  }
  reader.join();
  EXPECT_FALSE(found);
}

TEST_F(JournalTest, AFailedFsyncEndsTheJournalForGood) {
  bool broken = false;
  int syncs_after = 0;
  JournalDisk disk = JournalDisk::real();
  disk.sync = [&](int fd) {
    if (!broken) return ::fdatasync(fd);
    ++syncs_after;
    errno = EIO;
    return -1;
  };
  auto journal = must(open(disk));
  must(journal->append("kept"));
  broken = true;
  EXPECT_TRUE(fails_with(journal->append("lost"), kJournalFailed));
  broken = false;
  EXPECT_TRUE(fails_with(journal->append("after"), kJournalFailed));
  EXPECT_EQ(syncs_after, 1);
  EXPECT_EQ(all(*journal), std::vector<Bytes>{"kept"});
  journal.reset();
  journal = must(open());
  EXPECT_EQ(all(*journal).front(), "kept");
  must(journal->append("again"));
}

TEST_F(JournalTest, AFullDiskRefusesAndRecovers) {
  bool full = false;
  JournalDisk disk = JournalDisk::real();
  disk.reserve = [&](int, std::uint64_t, std::uint64_t) {
    errno = ENOSPC;
    return full ? -1 : 0;
  };
  const auto journal = must(open(disk));
  std::vector<Bytes> wanted;
  const auto append = [&](char c) {
    wanted.push_back(Bytes(1000, c));
    return journal->append(wanted.back());
  };
  must(append('a'));
  full = true;
  // What was reserved can still be written; then no further segment can be made.
  must(append('b'));
  must(append('c'));
  must(append('d'));
  EXPECT_TRUE(fails_with(append('e'), kJournalFull));
  wanted.pop_back();
  EXPECT_TRUE(fails_with(append('e'), kJournalFull));
  wanted.pop_back();
  full = false;
  must(append('f'));
  EXPECT_EQ(all(*journal), wanted);
}

TEST_F(JournalTest, ACutAtEveryByteIsRepaired) {
  std::vector<JournalPosition> ends = {0};
  {
    const auto journal = must(open());
    for (const char* payload : {"first", "second", "", "fourth"}) {
      must(journal->append(payload));
      ends.push_back(journal->end());
    }
  }
  const fs::path file = segments().at(0);
  const Bytes whole = must(os::read_file(file));
  for (std::size_t size = kSegmentHeaderSize; size <= whole.size(); ++size) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    const auto journal = must(open());
    JournalPosition wanted = 0;
    for (const JournalPosition end : ends)
      if (end + kSegmentHeaderSize <= size) wanted = end;
    ASSERT_EQ(journal->end(), wanted) << size;
    EXPECT_EQ(journal->repaired_bytes(), size - kSegmentHeaderSize - wanted);
    must(journal->append("new"));
    EXPECT_EQ(must(journal->read(wanted, 1)).at(0).payload, "new");
    EXPECT_EQ(must(os::read_file(file)).size(), kSegmentHeaderSize + journal->end());
  }
  for (std::size_t size = 0; size < kSegmentHeaderSize; ++size) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    EXPECT_TRUE(fails_with(open(), kJournalCorrupt)) << size;
  }
}

TEST_F(JournalTest, ACorruptMiddleIsAnErrorThatNamesFileAndOffset) {
  {
    const auto journal = must(open());
    for (const char* payload : {"first", "second", "third"}) must(journal->append(payload));
  }
  flip(segments().at(0), kSegmentHeaderSize + 25 + kRecordHeaderSize);
  const auto opened = open();
  ASSERT_TRUE(fails_with(opened, kJournalCorrupt));
  EXPECT_NE(opened.error().detail().find(segments().at(0).string()), std::string::npos);
  EXPECT_NE(opened.error().detail().find("offset 57"), std::string::npos);
}

TEST_F(JournalTest, ACorruptOlderSegmentIsFoundWhenItIsRead) {
  auto journal = must(open());
  for (int i = 0; i < 20; ++i) must(journal->append(Bytes(1000, 'x')));
  flip(segments().at(1), kSegmentHeaderSize + kRecordHeaderSize + 10);
  EXPECT_FALSE(must(journal->read(0, 100)).empty());
  JournalPosition at = 0;
  Result<std::vector<JournalRecord>> part = journal->read(at, 1000);
  while (part && !part->empty()) {
    at = part->back().next;
    part = journal->read(at, 1000);
  }
  ASSERT_TRUE(fails_with(part, kJournalCorrupt));
  EXPECT_NE(part.error().detail().find(segments().at(1).string()), std::string::npos);
}

TEST_F(JournalTest, ACutOrMissingOlderSegmentIsAnError) {
  {
    const auto journal = must(open());
    for (int i = 0; i < 20; ++i) must(journal->append(Bytes(1000, 'x')));
  }
  const auto files = segments();
  const Bytes second = must(os::read_file(files.at(1)));
  std::ofstream(files.at(1), std::ios::binary) << second.substr(0, second.size() - 1);
  EXPECT_TRUE(fails_with(open(), kJournalCorrupt));
  fs::remove(files.at(1));
  EXPECT_TRUE(fails_with(open(), kJournalCorrupt));
  std::ofstream(files.at(1), std::ios::binary) << must(os::read_file(files.at(2)));
  EXPECT_TRUE(fails_with(open(), kJournalCorrupt));
}

TEST_F(JournalTest, AnUnfinishedSegmentIsPassedOver) {
  { must(must(open())->append("x")); }
  std::ofstream(path_ / "0000000000000099.segment.new") << "half";
  const auto journal = must(open());
  EXPECT_EQ(all(*journal), std::vector<Bytes>{"x"});
  EXPECT_FALSE(fs::exists(path_ / "0000000000000099.segment.new"));
}

}  // namespace
}  // namespace muster::store
