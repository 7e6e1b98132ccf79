#include "trust/version_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "base/os/file.h"
#include "tests/base/temporary_folder.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

class VersionLogTest : public testing::Test {
 protected:
  void SetUp() override { write(""); }
  VersionLog open() { return *VersionLog::open(path_); }
  Bytes text() { return *os::read_file(path_); }
  void write(ByteView content) {
    ASSERT_TRUE(os::replace_file(path_, content, os::FileMode::Private).has_value());
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "versions.log";
};

TEST_F(VersionLogTest, RemembersTheHighestOfEachNameAfterARestart) {
  {
    VersionLog log = open();
    log.note("device:a", {1, 5});
    log.note("device:a", {2, 1});
    log.note("timestamp", {0, 9});
    ASSERT_TRUE(log.commit().has_value());
  }
  const VersionLog log = open();
  EXPECT_EQ(log.last("device:a"), (SignedVersion{2, 1}));
  EXPECT_EQ(log.last("timestamp"), (SignedVersion{0, 9}));
  EXPECT_EQ(log.last("device:b"), SignedVersion{});
}

TEST_F(VersionLogTest, IsOnDiskOnceCommitted) {
  VersionLog log = open();
  log.note("timestamp", {0, 9});
  EXPECT_EQ(text(), "");
  ASSERT_TRUE(log.commit().has_value());
  // printf ' timestamp=0.9' | sha256sum
  EXPECT_EQ(text(), "ae9c133c79e5c6d4 timestamp=0.9\n");
}

TEST_F(VersionLogTest, WritesOneRecordPerNameWhenItIsOpened) {
  {
    VersionLog log = open();
    for (std::uint64_t version = 1; version <= 100; ++version) {
      log.note("timestamp", {0, version});
      ASSERT_TRUE(log.commit().has_value());
    }
  }
  const std::size_t before = text().size();
  EXPECT_EQ(open().last("timestamp").version, 100u);
  EXPECT_LT(text().size(), before / 50);
}

TEST_F(VersionLogTest, KeepsManyNamesInSeveralLines) {
  {
    VersionLog log = open();
    for (int i = 0; i < 2000; ++i) log.note(fmt::format("device:{}", i), {1, 7});
    ASSERT_TRUE(log.commit().has_value());
  }
  open();
  VersionLog log = open();
  for (int i = 0; i < 2000; ++i)
    EXPECT_EQ(log.last(fmt::format("device:{}", i)), (SignedVersion{1, 7}));
}

TEST_F(VersionLogTest, ForgetsOnlyTheGroupThatACrashCutOff) {
  {
    VersionLog log = open();
    log.note("timestamp", {0, 1});
    ASSERT_TRUE(log.commit().has_value());
    log.note("timestamp", {0, 2});
    ASSERT_TRUE(log.commit().has_value());
  }
  const Bytes whole = text();
  const std::size_t first = whole.find('\n') + 1;
  for (std::size_t size = first; size < whole.size(); ++size) {
    write(ByteView(whole).substr(0, size));
    EXPECT_EQ(open().last("timestamp").version, 1u) << size;
  }
  write(whole.substr(0, first + 3) + Bytes(whole.size() - first - 3, '\0'));
  EXPECT_EQ(open().last("timestamp").version, 1u);
}

TEST_F(VersionLogTest, RefusesToForgetAGroupThatIsDamaged) {
  {
    VersionLog log = open();
    for (std::uint64_t version = 1; version <= 3; ++version) {
      log.note("timestamp", {0, version});
      ASSERT_TRUE(log.commit().has_value());
    }
  }
  const Bytes whole = text();
  for (std::size_t i = 0; i < whole.size() - 1; ++i) {
    Bytes altered = whole;
    altered[i] = altered[i] == '#' ? '!' : '#';
    write(altered);
    const auto log = VersionLog::open(path_);
    ASSERT_FALSE(log.has_value()) << i;
    EXPECT_TRUE(log.error().is(kSignerState));
  }
}

TEST_F(VersionLogTest, IsMissedWhenItIsGone) {
  std::filesystem::remove(path_);
  EXPECT_FALSE(VersionLog::open(path_).has_value());
}

TEST_F(VersionLogTest, CommitsNothingMoreAfterAFailedWrite) {
  VersionLog log = open();
  // A file size limit stands for a full disk.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{10, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  log.note("timestamp", {0, 1});
  const auto failed = log.commit();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, before);
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().is(kSignerState));
  EXPECT_TRUE(log.commit().error().is(kSignerState));
  EXPECT_EQ(open().last("timestamp"), SignedVersion{});
}

}  // namespace
}  // namespace muster::trust
