// Copies of files: what is taken, what never is, and how much of it in a day.
#include "roles/client/inventory/collected_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/sha256.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/platform/root_source.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Timestamp kNow{1'790'000'000'000};
constexpr Duration kHour = std::chrono::hours(1);

// A tree of real files: their modes and links decide.
class CollectedFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    // What is made here has the mode that the test gives.
    before_ = ::umask(022);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    rules_.day_limit = 1000;
  }
  void TearDown() override { ::umask(before_); }

  void write(const std::string& path, const std::string& content, mode_t mode = 0644) {
    const auto file = folder_.path() / path.substr(1);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
  }
  static TrustedFiles trusted(std::vector<std::string> paths, bool restricted = false) {
    TrustedFiles out{{}, kNow + kHour};
    out.collection.name = restricted ? "restricted" : "open";
    out.collection.paths = std::move(paths);
    out.collection.restricted = restricted;
    out.collection.file_limit = 500;
    EXPECT_TRUE(check_file_collection(out.collection));
    return out;
  }
  FoundFiles find(const std::vector<TrustedFiles>& due, Timestamp now = kNow) {
    FoundFiles found =
        find_changed_files(*RootSource::open(folder_.path()), due, memory_, rules_, now);
    memory_ = found.memory;
    errors_.clear();
    for (const Error& error : found.errors) errors_.emplace_back(error.kind().name);
    return found;
  }
  static std::vector<std::string> told(const FoundFiles& found) {
    std::vector<std::string> out;
    for (const auto& file : found.report.files) out.push_back(file.path + " " + file.content);
    return out;
  }

  TemporaryFolder folder_;
  FileMemory memory_;
  FileRules rules_;
  std::vector<std::string> errors_;
  mode_t before_ = 0;
};

TEST_F(CollectedFilesTest, OnlyWhatChangedIsSent) {
  write("/etc/a.conf", "one");
  write("/etc/b.conf", "two");
  write("/etc/c.txt", "three");
  const std::vector<TrustedFiles> due{trusted({"/etc/*.conf"})};
  EXPECT_THAT(told(find(due)), ElementsAre("/etc/a.conf one", "/etc/b.conf two"));
  EXPECT_THAT(told(find(due)), IsEmpty());
  write("/etc/b.conf", "new");
  EXPECT_THAT(told(find(due)), ElementsAre("/etc/b.conf new"));
  EXPECT_THAT(errors_, IsEmpty());
  // Once in a while all of it again: the site may have lost it.
  EXPECT_THAT(told(find(due, kNow + FileMemory::kConfirmAfter)),
              UnorderedElementsAre("/etc/a.conf one", "/etc/b.conf new"));
}

TEST_F(CollectedFilesTest, WhatNotEverybodyMayReadIsTakenOnlyByItsNameAndWithRestricted) {
  write("/etc/shadow", "root:x", 0640);
  write("/root/notes", "mine");
  ASSERT_EQ(::chmod((folder_.path() / "root").c_str(), 0700), 0);
  EXPECT_THAT(told(find({trusted({"/etc/*", "/etc/shadow", "/root/*", "/root/notes"})})),
              IsEmpty());
  EXPECT_THAT(errors_, UnorderedElementsAre("file-not-for-all", "file-not-for-all"));
  EXPECT_THAT(told(find({trusted({"/etc/shadow"}, true)})), ElementsAre("/etc/shadow root:x"));
}

TEST_F(CollectedFilesTest, LinksLeadNowhere) {
  write("/etc/shadow", "root:x", 0640);
  write("/srv/real/a.conf", "one");
  std::filesystem::create_symlink("/etc/shadow", folder_.path() / "srv/link.conf");
  std::filesystem::create_directory_symlink("/srv/real", folder_.path() / "srv/other");
  EXPECT_THAT(told(find({trusted({"/srv/*.conf", "/srv/*/*.conf", "/srv/other/a.conf"}),
                         trusted({"/srv/link.conf"}, true)})),
              ElementsAre("/srv/real/a.conf one"));
}

TEST_F(CollectedFilesTest, AMarkerKeepsAFolderAndAllBelowOut) {
  write("/srv/a/one", "1");
  write("/srv/b/one", "2");
  write("/srv/b/skpswi.dat", "");
  write("/srv/c/deep/one", "3");
  write("/srv/c/.muster-skip", "");
  const std::vector<TrustedFiles> due{trusted({"/srv/*/one", "/srv/c/deep/one"})};
  EXPECT_THAT(told(find(due)), ElementsAre("/srv/a/one 1"));
  std::filesystem::remove(folder_.path() / "srv/c/.muster-skip");
  EXPECT_THAT(told(find(due)), ElementsAre("/srv/c/deep/one 3"));
}

TEST_F(CollectedFilesTest, TheClientsOwnFoldersAreClosed) {
  write("/var/muster/identity/key", "secret");
  write("/var/muster-other/file", "open");
  rules_.closed = {"/var/muster"};
  EXPECT_THAT(told(find({trusted({"/var/muster/identity/key"}, true), trusted({"/var/*/file"})})),
              ElementsAre("/var/muster-other/file open"));
  EXPECT_THAT(errors_, ElementsAre("file-closed"));
}

TEST_F(CollectedFilesTest, OfWhatIsTooLongNothingIsSent) {
  write("/etc/long", std::string(501, 'x'));
  write("/etc/fits", std::string(500, 'y'));
  rules_.day_limit = 499;
  EXPECT_THAT(told(find({trusted({"/etc/*"})})), IsEmpty());
  EXPECT_THAT(errors_, UnorderedElementsAre("fact-unreadable", "file-over-day"));
  rules_.day_limit = 0;
  write("/etc/tiny", "");
  EXPECT_THAT(told(find({trusted({"/etc/*"})})), IsEmpty());
}

// The one that changes all the time keeps no other one waiting.
TEST_F(CollectedFilesTest, TheNextDayTakesWhatWasLeft) {
  rules_.day_limit = 10;
  write("/etc/a", "123456");
  write("/etc/b", "123456");
  const std::vector<TrustedFiles> due{trusted({"/etc/*"})};
  FoundFiles found = find(due);
  EXPECT_THAT(told(found), ElementsAre("/etc/a 123456"));
  EXPECT_TRUE(found.has_more);
  write("/etc/a", "abcdef");
  EXPECT_THAT(told(find(due, kNow + 23 * kHour)), IsEmpty());
  found = find(due, kNow + 24 * kHour);
  EXPECT_THAT(told(found), ElementsAre("/etc/b 123456"));
  EXPECT_TRUE(found.has_more);
  EXPECT_THAT(told(find(due, kNow + 48 * kHour)), ElementsAre("/etc/a abcdef"));
  EXPECT_FALSE(find(due, kNow + 72 * kHour).has_more);
}

TEST_F(CollectedFilesTest, OneReportHasSoManyFiles) {
  for (int i = 0; i < 105; ++i) write("/etc/" + std::to_string(i), "x");
  const std::vector<TrustedFiles> due{trusted({"/etc/*"})};
  FoundFiles found = find(due);
  EXPECT_EQ(found.report.files.size(), contract::kMostCollectedFiles);
  EXPECT_TRUE(found.has_more);
  found = find(due);
  EXPECT_EQ(found.report.files.size(), 5u);
  EXPECT_FALSE(found.has_more);
}

TEST(FileMemory, IsReadBackAndRefusesDamage) {
  FileMemory memory;
  memory.sent("/etc/a", sha256("one"), 3, kNow);
  memory.sent("/etc/b", sha256("two"), 3, kNow + kHour);
  const Bytes state = memory.state();
  EXPECT_EQ(*FileMemory::from_state(state), memory);
  for (std::size_t size = 0; size < state.size(); ++size)
    EXPECT_FALSE(FileMemory::from_state(ByteView(state).substr(0, size))) << size;
  for (std::size_t i = 0; i < state.size(); ++i) {
    Bytes other = state;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(FileMemory::from_state(other)) << i;
  }
}

TEST(FileMemory, ADayBeginsWithItsFirstByteAndWithAClockThatIsSetBack) {
  FileMemory memory;
  EXPECT_EQ(memory.left_today(10, kNow), 10u);
  memory.sent("/etc/a", sha256("one"), 8, kNow);
  EXPECT_EQ(memory.left_today(10, kNow + 23 * kHour), 2u);
  EXPECT_EQ(memory.left_today(5, kNow + 23 * kHour), 0u);
  EXPECT_EQ(memory.left_today(10, kNow + 24 * kHour), 10u);
  EXPECT_EQ(memory.left_today(10, kNow - kHour), 10u);
}

}  // namespace
}  // namespace muster::client
