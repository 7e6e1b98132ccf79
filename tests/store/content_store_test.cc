#include "store/content_store.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "store/open_files.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;

class ContentStoreTest : public ::testing::Test {
 protected:
  static ContentHash hash_of(ByteView bytes) {
    return must(ContentHash::from_bytes(sha256(bytes)));
  }
  Bytes read(const ContentHash& hash) {
    const OpenContent content = must(store_.open(hash));
    Bytes out(content.size + 1, '\0');
    const ssize_t got = ::read(content.fd.get(), out.data(), out.size());
    out.resize(static_cast<std::size_t>(got));
    return out;
  }
  std::size_t incoming_files() const { return files_in("incoming"); }
  std::size_t files_in(const char* part) const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(path_ / part)) ++count;
    return count;
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "content";
  ContentStore store_ = must(ContentStore::open(path_));
};

TEST_F(ContentStoreTest, WhatWasPutIsFoundByItsHash) {
  const ContentFile file = must(store_.put("hello"));
  EXPECT_EQ(file.hash.text(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(file.size, 5u);
  EXPECT_TRUE(store_.has(file.hash));
  EXPECT_EQ(read(file.hash), "hello");
  EXPECT_EQ(
      store_.path_of(file.hash),
      path_ / "sha256" / "2c" / "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(incoming_files(), 0u);
  EXPECT_EQ(fs::status(store_.path_of(file.hash)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  must(store_.put("hello"));
  EXPECT_EQ(must(store_.put("")).size, 0u);
}

TEST_F(ContentStoreTest, BytesArriveInParts) {
  auto incoming = must(store_.begin({hash_of("abcdef"), 6}));
  must(incoming.write("abc"));
  EXPECT_EQ(incoming.written(), 3u);
  EXPECT_FALSE(store_.has(hash_of("abcdef")));
  must(incoming.write("def"));
  must(incoming.finish());
  EXPECT_EQ(read(hash_of("abcdef")), "abcdef");
}

TEST_F(ContentStoreTest, WrongBytesAreRefusedAndLeaveNothing) {
  const auto arrive = [&](ExpectedContent expected, ByteView bytes) -> Result<ContentFile> {
    auto incoming = TRY(store_.begin(std::move(expected)));
    TRY(incoming.write(bytes));
    return incoming.finish();
  };
  EXPECT_TRUE(fails_with(arrive({hash_of("abc"), 3}, "abd"), kContentMismatch));
  EXPECT_TRUE(fails_with(arrive({hash_of("abc"), 3}, "ab"), kContentMismatch));
  EXPECT_TRUE(fails_with(arrive({hash_of("abc"), 3}, "abcd"), kContentMismatch));
  EXPECT_TRUE(fails_with(arrive({std::nullopt, 3}, "abcd"), kContentMismatch));
  EXPECT_EQ(incoming_files(), 0u);
  EXPECT_FALSE(store_.has(hash_of("abd")));
}

TEST_F(ContentStoreTest, AnAbandonedArrivalVanishes) {
  {
    auto incoming = must(store_.begin());
    auto moved = std::move(incoming);
    must(moved.write("x"));
    EXPECT_EQ(incoming_files(), 1u);
  }
  EXPECT_EQ(incoming_files(), 0u);
}

TEST_F(ContentStoreTest, AbsentContentIsMissing) {
  EXPECT_FALSE(store_.has(hash_of("x")));
  EXPECT_TRUE(fails_with(store_.open(hash_of("x")), kContentMissing));
  must(store_.remove(hash_of("x")));
  must(store_.put("x"));
  must(store_.remove(hash_of("x")));
  EXPECT_TRUE(fails_with(store_.open(hash_of("x")), kContentMissing));
}

TEST_F(ContentStoreTest, ALinkInPlaceOfAFileIsNotFollowed) {
  const ContentFile file = must(store_.put("secret"));
  const ContentHash other = hash_of("other");
  fs::create_directories(store_.path_of(other).parent_path());
  fs::create_symlink(store_.path_of(file.hash), store_.path_of(other));
  EXPECT_FALSE(store_.has(other));
  EXPECT_TRUE(fails_with(store_.open(other), kContentUnavailable));
}

TEST_F(ContentStoreTest, ScrubbingSetsDamagedFilesAside) {
  std::vector<ContentHash> hashes;
  for (int i = 0; i < 10; ++i) hashes.push_back(must(store_.put(fmt::format("file {}", i))).hash);
  std::sort(hashes.begin(), hashes.end());
  EXPECT_TRUE(must(store_.scrub(std::nullopt, UINT64_MAX)).damaged.empty());
  std::ofstream(store_.path_of(hashes[3])) << "file x";
  fs::resize_file(store_.path_of(hashes[7]), 2);
  const ScrubReport report = must(store_.scrub(std::nullopt, UINT64_MAX));
  EXPECT_EQ(report.files, 10u);
  EXPECT_EQ(report.damaged, (std::vector{hashes[3], hashes[7]}));
  EXPECT_EQ(report.last, std::nullopt);
  EXPECT_FALSE(store_.has(hashes[3]));
  EXPECT_TRUE(store_.has(hashes[4]));
  EXPECT_EQ(files_in("damaged"), 2u);
}

TEST_F(ContentStoreTest, ScrubbingGoesOnWhereItStopped) {
  for (int i = 0; i < 10; ++i) must(store_.put(fmt::format("file {}", i)));
  std::optional<ContentHash> after;
  std::uint64_t files = 0;
  int calls = 0;
  do {
    const ScrubReport report = must(store_.scrub(after, 20));
    files += report.files;
    after = report.last;
    ++calls;
  } while (after);
  EXPECT_EQ(files, 10u);
  EXPECT_EQ(calls, 4);
}

TEST_F(ContentStoreTest, SweepingRemovesOldUnfinishedFilesOnly) {
  auto incoming = must(store_.begin());
  must(incoming.write("x"));
  EXPECT_EQ(must(store_.sweep(Timestamp{0})), 0u);
  EXPECT_EQ(incoming_files(), 1u);
  std::ofstream(path_ / "incoming" / "12-0") << "left by a crash";
  fs::last_write_time(path_ / "incoming" / "12-0",
                      fs::file_time_type::clock::now() - std::chrono::hours(48));
  const auto hour_ago = std::chrono::duration_cast<Duration>(
      (std::chrono::system_clock::now() - std::chrono::hours(1)).time_since_epoch());
  EXPECT_EQ(must(store_.sweep(Timestamp{hour_ago.count()})), 1u);
  must(incoming.finish());
}

TEST_F(ContentStoreTest, ListingPassesOverWhatIsNotContent) {
  must(store_.put("a"));
  must(store_.put("b"));
  std::ofstream(path_ / "sha256" / "notes.txt") << "x";
  std::ofstream(store_.path_of(hash_of("a")).parent_path() / "notes.txt") << "x";
  std::size_t count = 0;
  must(store_.list([&](const ContentFile& file) -> Result<void> {
    EXPECT_EQ(file.size, 1u);
    ++count;
    return {};
  }));
  EXPECT_EQ(count, 2u);
}

TEST_F(ContentStoreTest, AFileThatCannotGrowIsRefusedCleanly) {
  // The limit on file sizes stands in for a disk that takes no more.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto stored = store_.put(Bytes(1000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(fails_with(stored, kContentUnavailable));
  EXPECT_EQ(incoming_files(), 0u);
}

TEST(ContentHash, HasOneSpelling) {
  const std::string text(64, 'a');
  EXPECT_EQ(must(ContentHash::parse(text)).text(), text);
  for (const std::string& wrong : {std::string(63, 'a'), std::string(64, 'A'), std::string(66, 'a'),
                                   std::string("../") + text})
    EXPECT_TRUE(fails_with(ContentHash::parse(wrong), kContentMismatch)) << wrong;
}

TEST_F(ContentStoreTest, ReadersShareAnOpenFileForItsTimeOnly) {
  ManualClock clock{Timestamp{}};
  OpenFiles files(store_, clock);
  const ContentHash hash = must(store_.put("shared")).hash;
  const auto first = must(files.open(hash));
  EXPECT_EQ(first.size, 6u);
  EXPECT_EQ(must(files.open(hash)).fd, first.fd);
  must(store_.remove(hash));
  clock.advance(OpenFiles::kKept - Duration(1));
  EXPECT_EQ(must(files.open(hash)).fd, first.fd);
  clock.advance(Duration(1));
  EXPECT_TRUE(files.open(hash).error().is(kContentMissing));
  char byte = 0;
  EXPECT_EQ(::pread(first.fd->get(), &byte, 1, 2), 1);  // whoever holds it keeps it
  EXPECT_EQ(byte, 'a');
}

TEST_F(ContentStoreTest, FewFilesStayOpen) {
  ManualClock clock{Timestamp{}};
  OpenFiles files(store_, clock);
  std::weak_ptr<const os::Fd> first;
  for (std::size_t i = 0; i <= OpenFiles::kMost; ++i) {
    const auto file = must(files.open(must(store_.put(std::to_string(i))).hash));
    if (i == 0) first = file.fd;
    EXPECT_EQ(first.expired(), i == OpenFiles::kMost);
  }
}

}  // namespace
}  // namespace muster::store
