#include "store/content_tree.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "tests/store/store_test.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;

class ContentTreeTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(source_); }
  void file(const fs::path& path, std::string_view content) {
    fs::create_directories((source_ / path).parent_path());
    std::ofstream(source_ / path) << content;
  }
  Result<std::vector<TreeFile>> ingest(const TreeLimits& limits = {}) {
    return ingest_tree(store_, source_, limits);
  }
  // Refused, and the error names the file.
  ::testing::AssertionResult refused(std::string_view name, const TreeLimits& limits = {}) {
    const auto files = ingest(limits);
    if (const auto kind = fails_with(files, kBadTree); !kind) return kind;
    if (files.error().detail().find(name) == std::string::npos)
      return ::testing::AssertionFailure() << files.error().text();
    return ::testing::AssertionSuccess();
  }

  TemporaryFolder folder_;
  fs::path source_ = folder_.path() / "source";
  ContentStore store_ = must(ContentStore::open(folder_.path() / "content"));
};

TEST_F(ContentTreeTest, FilesAreListedByPathAndStored) {
  file("setup.sh", "#!/bin/sh\n");
  file("a/z", "z");
  file("a.txt", "same");
  file("a/b/c", "same");
  fs::create_directories(source_ / "empty");
  fs::permissions(source_ / "setup.sh", fs::perms(0755));
  fs::permissions(source_ / "a.txt", fs::perms(04640));
  const auto files = must(ingest());
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[0].path, "a.txt");
  EXPECT_EQ(files[1].path, "a/b/c");
  EXPECT_EQ(files[2].path, "a/z");
  EXPECT_EQ(files[3].path, "setup.sh");
  EXPECT_EQ(files[0].mode, 0640u);
  EXPECT_EQ(files[3].mode, 0755u);
  EXPECT_EQ(files[3].size, 10u);
  EXPECT_EQ(files[0].hash, files[1].hash);
  EXPECT_EQ(files[0].hash.bytes(), sha256("same"));
  for (const TreeFile& one : files) EXPECT_TRUE(store_.has(one.hash));
}

TEST_F(ContentTreeTest, AnEmptyFolderHasNoFiles) { EXPECT_TRUE(must(ingest()).empty()); }

TEST_F(ContentTreeTest, AMissingFolderIsNamed) {
  EXPECT_TRUE(fails_with(ingest_tree(store_, source_ / "none"), kContentUnavailable));
}

TEST_F(ContentTreeTest, LinksAreRefused) {
  file("a", "x");
  fs::create_symlink("/etc/passwd", source_ / "link");
  EXPECT_TRUE(refused("source/link"));
}

TEST_F(ContentTreeTest, LinksToFoldersAreRefused) {
  fs::create_directory_symlink("/etc", source_ / "etc");
  EXPECT_TRUE(refused("source/etc"));
}

TEST_F(ContentTreeTest, PipesAndSocketsAreRefused) {
  ASSERT_EQ(::mkfifo((source_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(refused("source/pipe"));
  fs::remove(source_ / "pipe");
  const os::Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (source_ / "sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(refused("source/sock"));
}

TEST_F(ContentTreeTest, NamesThatAreNoCleanTextAreRefused) {
  for (const char* name : {"a\nb", "a\\b", "a\x7f", "\xff\xfe", "caf\xe9"}) {
    std::ofstream(source_ / name) << "x";
    EXPECT_TRUE(refused("source/")) << name;
    fs::remove(source_ / name);
  }
  file(
      "gr\xc3\xbc\xc3\x9f"
      "e .txt",
      "x");
  EXPECT_EQ(must(ingest()).size(), 1u);
}

TEST_F(ContentTreeTest, LimitsHold) {
  file("a", "12345");
  file("b/c/d", "12345");
  EXPECT_TRUE(refused("more than 1 files", {1, 1000, 8}));
  EXPECT_TRUE(refused("more than 9 bytes", {10, 9, 8}));
  EXPECT_TRUE(refused("source/b/c", {10, 1000, 1}));
  EXPECT_EQ(must(ingest({2, 10, 2})).size(), 2u);
}

}  // namespace
}  // namespace muster::store
