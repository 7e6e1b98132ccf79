#include "base/os/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "base/errors.h"
#include "tests/base/temporary_folder.h"

namespace muster::os {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

std::size_t entries_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(ReplaceFile, WritesAndReplacesTheWholeFile) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  ASSERT_TRUE(replace_file(path, "first, and longer", FileMode::Public).has_value());
  ASSERT_TRUE(replace_file(path, Bytes("se\0cond", 7), FileMode::Public).has_value());
  EXPECT_EQ(read_file(path).value(), Bytes("se\0cond", 7));
  EXPECT_EQ(entries_in(folder.path()), 1u) << "nothing is left beside it";
}

TEST(ReplaceFile, GivesTheModeWhateverTheUmaskAndTheOldFileSay) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  const mode_t before = ::umask(0);
  for (FileMode mode :
       {FileMode::Public, FileMode::Private, FileMode::Group, FileMode::PrivateProgram}) {
    ::umask(mode == FileMode::Public ? 0077 : 0);
    ASSERT_TRUE(replace_file(path, "x", mode).has_value());
    EXPECT_EQ(mode_of(path), static_cast<unsigned>(mode));
  }
  ::umask(before);
}

TEST(ReplaceContent, KeepsTheModeAndTheLink) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  ASSERT_TRUE(replace_file(path, "first", FileMode::Private).has_value());
  ASSERT_EQ(::chmod(path.c_str(), 0604), 0);
  fs::create_symlink("f", folder.path() / "link");
  ASSERT_TRUE(replace_content(folder.path() / "link", "second").has_value());
  EXPECT_EQ(read_file(path).value(), "second");
  EXPECT_EQ(mode_of(path), 0604u);
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(entries_in(folder.path()), 2u);
  EXPECT_TRUE(replace_content(folder.path() / "none", "x").error().is(kFileUnwritable));
}

TEST(ReplaceFile, LeavesTheOldFileWhenItFails) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "taken";
  fs::create_directories(path / "by a folder that is not empty");
  const auto replaced = replace_file(path, "x", FileMode::Private);
  ASSERT_FALSE(replaced.has_value());
  EXPECT_TRUE(replaced.error().is(kFileUnwritable));
  EXPECT_THAT(replaced.error().detail(), testing::HasSubstr(path.string()));
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(entries_in(folder.path()), 1u) << "the new file aside is removed";
}

TEST(ReplaceFile, NamesAFolderThatIsNotThere) {
  const auto replaced = replace_file("/nonexistent/f", "x", FileMode::Private);
  ASSERT_FALSE(replaced.has_value());
  EXPECT_THAT(replaced.error().detail(), testing::HasSubstr("/nonexistent/f"));
}

TEST(ReplaceFile, LeavesTheOldOrTheNewFileWhenTheWriterIsKilled) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  const Bytes a(300'000, 'a'), b(300'000, 'b');
  ASSERT_TRUE(replace_file(path, a, FileMode::Private).has_value());
  for (int round = 0; round < 20; ++round) {
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
      for (;;) {
        (void)replace_file(path, b, FileMode::Private);
        (void)replace_file(path, a, FileMode::Private);
      }
    }
    // Reads until a replacement was seen, so that the kill falls into the midst of others.
    const Bytes first = read_file(path).value();
    Bytes seen = first;
    for (int i = 0; i < 10'000 && seen == first; ++i) {
      seen = read_file(path).value();
      ASSERT_TRUE(seen == a || seen == b);
    }
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    const Bytes after = read_file(path).value();
    ASSERT_TRUE(after == a || after == b) << after.size() << " bytes";
  }
}

TEST(ReadFile, ReadsUpToTheLimitAndNoFurther) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  ASSERT_TRUE(replace_file(path, "12345", FileMode::Private).has_value());
  EXPECT_EQ(read_file(path, 5).value(), "12345");
  const auto over = read_file(path, 4);
  ASSERT_FALSE(over.has_value());
  EXPECT_TRUE(over.error().is(kFileTooLarge));
  EXPECT_THAT(over.error().detail(), testing::HasSubstr(path.string()));
}

TEST(ReadFile, ReadsFilesThatSayTheyAreEmpty) {
  EXPECT_FALSE(read_file("/proc/self/stat").value().empty());
}

TEST(ReadFile, NamesAFileThatIsNotThereOrIsAFolder) {
  for (const char* path : {"/nonexistent", "/"}) {
    const auto text = read_file(path);
    ASSERT_FALSE(text.has_value());
    EXPECT_TRUE(text.error().is(kFileUnreadable));
    EXPECT_THAT(text.error().detail(), testing::StartsWith(path));
  }
}

TEST(MakePrivateFolder, MakesEveryMissingParentPrivateAndLeavesOthersAlone) {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms(0755));
  ASSERT_TRUE(make_private_folder(folder.path() / "a/b/c").has_value());
  for (const char* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(folder.path() / made), 0700u);
  EXPECT_EQ(mode_of(folder.path()), 0755u);
  EXPECT_TRUE(make_private_folder(folder.path() / "a/b/c").has_value());
}

TEST(MakePrivateFolder, FailsBelowAFile) {
  const TemporaryFolder folder;
  ASSERT_TRUE(replace_file(folder.path() / "f", "", FileMode::Private).has_value());
  const auto made = make_private_folder(folder.path() / "f" / "g");
  ASSERT_FALSE(made.has_value());
  EXPECT_TRUE(made.error().is(kFileUnwritable));
}

TEST(LockFile, IsHeldByOneUntilItIsClosed) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "lock";
  Fd first = lock_file(path).value();
  const auto second = lock_file(path);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().detail(), testing::HasSubstr(path.string()));
  first.reset();
  EXPECT_TRUE(lock_file(path).has_value());
  EXPECT_EQ(mode_of(path), 0600u);
}

TEST(SyncFolder, TakesFoldersOnly) {
  const TemporaryFolder folder;
  EXPECT_TRUE(sync_folder(folder.path()).has_value());
  EXPECT_FALSE(sync_folder(folder.path() / "nothing").has_value());
}

TEST(WriteAll, WritesEverythingOrSaysWhere) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd in(ends[0]), out(ends[1]);
  EXPECT_TRUE(write_all(out.get(), "abc", "pipe").has_value());
  char text[3];
  ASSERT_EQ(::read(in.get(), text, sizeof text), 3);
  EXPECT_EQ(ByteView(text, 3), "abc");
  const auto wrong = write_all(in.get(), "abc", "the reading end");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().detail(), testing::StartsWith("the reading end: write"));
}

TEST(Fd, ClosesOnceAndMoves) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd in(ends[0]);
  {
    Fd out(ends[1]);
    Fd moved(std::move(out));
    EXPECT_TRUE(moved.valid());
    EXPECT_EQ(moved.get(), ends[1]);
  }
  char byte;
  EXPECT_EQ(::read(in.get(), &byte, 1), 0) << "the writing end is closed";
}

}  // namespace
}  // namespace muster::os
