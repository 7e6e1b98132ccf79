#include "roles/client/software/cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/os/file.h"
#include "base/sha256.h"
#include "roles/client/software/cache_pins.h"
#include "roles/client/software/errors.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::Optional;

constexpr Timestamp kNow{1'700'000'000'000};

CacheEntry entry(std::string name, std::uint64_t size, Duration age, bool persistent = false) {
  return {std::move(name), size, kNow - age, persistent};
}

TEST(CacheRoom, DeletesTheLongestUnusedFirstAndNoMoreThanNeeded) {
  const std::vector<CacheEntry> entries = {entry("new", 30, hours(25)), entry("old", 30, hours(90)),
                                           entry("older", 30, hours(100))};
  EXPECT_THAT(plan_room(entries, 100, 10, kNow, hours(24)), Optional(ElementsAre()));
  EXPECT_THAT(plan_room(entries, 100, 11, kNow, hours(24)), Optional(ElementsAre("older")));
  EXPECT_THAT(plan_room(entries, 100, 41, kNow, hours(24)), Optional(ElementsAre("older", "old")));
  EXPECT_THAT(plan_room(entries, 100, 100, kNow, hours(24)),
              Optional(ElementsAre("older", "old", "new")));
}

TEST(CacheRoom, KeepsWhatWasUsedInTheLastDayAndWhatIsPersistent) {
  EXPECT_EQ(plan_room({entry("a", 60, hours(24) - Duration(1))}, 100, 50, kNow, hours(24)),
            std::nullopt);
  EXPECT_THAT(plan_room({entry("a", 60, hours(24))}, 100, 50, kNow, hours(24)),
              Optional(ElementsAre("a")));
  EXPECT_EQ(plan_room({entry("a", 60, hours(999), true)}, 100, 50, kNow, hours(24)), std::nullopt);
  EXPECT_EQ(plan_room({entry("future", 60, -hours(999))}, 100, 50, kNow, hours(24)), std::nullopt);
}

TEST(CacheRoom, HasNoneForMoreThanTheLimit) {
  EXPECT_EQ(plan_room({}, 100, 101, kNow, hours(24)), std::nullopt);
  EXPECT_THAT(plan_room({}, 100, 100, kNow, hours(24)), Optional(ElementsAre()));
  EXPECT_EQ(plan_room({}, 100, UINT64_MAX, kNow, hours(24)), std::nullopt);
}

struct CacheFiles : testing::Test {
  TemporaryFolder folder;
  ContentCache cache = ContentCache::open({folder.path() / "cache", 1000, hours(24)}).value();

  std::string fetch(std::string_view bytes, Timestamp now = kNow) {
    const std::string hash = sha256_hex(bytes);
    auto partial = cache.begin(hash, bytes.size(), now);
    EXPECT_TRUE(partial) << partial.error().text();
    EXPECT_TRUE(os::write_all(partial->fd.get(), bytes.substr(partial->offset), "partial"));
    const auto finished = cache.finish(hash, bytes.size(), now);
    EXPECT_TRUE(finished) << finished.error().text();
    return hash;
  }
  std::string read_all(const os::Fd& fd) {
    return os::read_file(fmt::format("/proc/self/fd/{}", fd.get())).value();
  }
};

TEST_F(CacheFiles, HandOutWhatWasFetched) {
  const std::string hash = fetch("content");
  const auto fd = cache.open_verified(hash, 7, kNow);
  ASSERT_TRUE(fd) << fd.error().text();
  EXPECT_EQ(read_all(*fd), "content");
  EXPECT_TRUE(cache.holds(hash, 7));
  EXPECT_FALSE(cache.holds(hash, 8));
}

TEST_F(CacheFiles, KeepWhatPackagesPinAsLongAsPolicyNamesThem) {
  const std::string kept = fetch(std::string(600, 'k'), kNow - hours(48));
  Deployment deployment;
  deployment.persist = true;
  deployment.files = {{"kept", 0644, 600, kept}};
  Deployment other;
  other.files = {{"other", 0644, 5, sha256_hex("other")}};
  FirstProgram& first = other.first.emplace_back();
  first.files = {{"first", 0644, 5, sha256_hex("first")}};
  first.persist = true;
  EXPECT_EQ(persistent_content({deployment, other}), (std::set{kept, sha256_hex("first")}));
  ASSERT_TRUE(pin_content(cache, persistent_content({deployment, other})));
  const auto refused = cache.begin(sha256_hex("big"), 600, kNow);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kCacheTooSmall));
  EXPECT_TRUE(cache.holds(kept, 600));
  // The deployment is gone: now it may make room.
  ASSERT_TRUE(pin_content(cache, {}));
  EXPECT_TRUE(cache.begin(sha256_hex("big"), 600, kNow));
  EXPECT_FALSE(cache.holds(kept, 600));
}

TEST_F(CacheFiles, ResumeWhereADownloadStopped) {
  const std::string hash = sha256_hex("content");
  {
    const auto partial = cache.begin(hash, 7, kNow);
    ASSERT_TRUE(partial);
    EXPECT_EQ(partial->offset, 0u);
    ASSERT_TRUE(os::write_all(partial->fd.get(), "con", "partial"));
  }
  const auto early = cache.finish(hash, 7, kNow);
  ASSERT_FALSE(early);
  EXPECT_TRUE(early.error().is(kContentMissing));
  const auto again = ContentCache::open(cache.settings()).value().begin(hash, 7, kNow);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->offset, 3u);
  ASSERT_TRUE(os::write_all(again->fd.get(), "tent", "partial"));
  EXPECT_TRUE(cache.finish(hash, 7, kNow));
  EXPECT_TRUE(cache.open_verified(hash, 7, kNow));
}

TEST_F(CacheFiles, DiscardOtherContentThanWasAskedFor) {
  const std::string hash = sha256_hex("content");
  for (const char* wrong : {"CONTENT", "content and more"}) {
    auto partial = cache.begin(hash, 7, kNow);
    ASSERT_TRUE(partial);
    ASSERT_TRUE(os::write_all(partial->fd.get(), wrong, "partial"));
    const auto finished = cache.finish(hash, 7, kNow);
    ASSERT_FALSE(finished);
    EXPECT_TRUE(finished.error().is(kContentChanged));
    EXPECT_EQ(cache.begin(hash, 7, kNow)->offset, 0u);
  }
}

TEST_F(CacheFiles, StartAnewWhenAPartialFileIsTooLong) {
  const std::string hash = sha256_hex("content");
  auto partial = cache.begin(hash, 70, kNow);
  ASSERT_TRUE(os::write_all(partial->fd.get(), "far more than wanted", "partial"));
  EXPECT_EQ(cache.begin(hash, 7, kNow)->offset, 0u);
}

TEST_F(CacheFiles, DetectAndDeleteAFileThatChangedOnDisk) {
  const std::string hash = fetch("content");
  folder.write("cache/" + hash, "CONTENT");
  EXPECT_TRUE(cache.open_unverified(hash, 7, kNow));
  const auto changed = cache.open_verified(hash, 7, kNow);
  ASSERT_FALSE(changed);
  EXPECT_TRUE(changed.error().is(kContentChanged));
  const auto gone = cache.open_verified(hash, 7, kNow);
  ASSERT_FALSE(gone);
  EXPECT_TRUE(gone.error().is(kContentMissing));

  fetch("content");
  folder.write("cache/" + hash, "content!");
  EXPECT_TRUE(cache.open_unverified(hash, 7, kNow).error().is(kContentChanged));
}

TEST_F(CacheFiles, FollowNoSymbolicLink) {
  const std::string hash = sha256_hex("content");
  folder.write("elsewhere", "content");
  std::filesystem::create_symlink(folder.path() / "elsewhere", folder.path() / "cache" / hash);
  EXPECT_FALSE(cache.open_verified(hash, 7, kNow));
  std::filesystem::create_symlink(folder.path() / "elsewhere",
                                  folder.path() / "cache" / (hash + ".part"));
  EXPECT_FALSE(cache.begin(hash, 7, kNow));
}

TEST_F(CacheFiles, RefuseNamesThatAreNoHash) {
  for (const std::string& name : {std::string("../x"), std::string(64, 'G'), std::string(63, 'a'),
                                  std::string(65, 'a'), std::string()}) {
    EXPECT_TRUE(cache.begin(name, 1, kNow).error().is(kBadCacheEntry));
    EXPECT_TRUE(cache.open_verified(name, 1, kNow).error().is(kBadCacheEntry));
    EXPECT_TRUE(cache.finish(name, 1, kNow).error().is(kBadCacheEntry));
    EXPECT_TRUE(cache.set_persistent(name, true).error().is(kBadCacheEntry));
  }
}

TEST_F(CacheFiles, MakeRoomOnlyOfWhatWasNotUsedForADay) {
  const std::string old_hash = fetch(std::string(600, 'a'));
  const std::string wanted = sha256_hex(std::string(600, 'b'));
  const auto full = cache.begin(wanted, 600, kNow + hours(23));
  ASSERT_FALSE(full);
  EXPECT_TRUE(full.error().is(kCacheTooSmall));
  EXPECT_TRUE(cache.holds(old_hash, 600));

  // A use counts, and a day after the last one the content may go.
  EXPECT_TRUE(cache.open_verified(old_hash, 600, kNow + hours(20)));
  EXPECT_FALSE(cache.begin(wanted, 600, kNow + hours(43)));
  EXPECT_TRUE(cache.begin(wanted, 600, kNow + hours(44)));
  EXPECT_FALSE(cache.holds(old_hash, 600));
}

TEST_F(CacheFiles, NeverDeletePersistentContentForRoom) {
  const std::string hash = fetch(std::string(600, 'a'));
  ASSERT_TRUE(cache.set_persistent(hash, true));
  EXPECT_FALSE(cache.make_room(600, kNow + hours(999)));
  ASSERT_TRUE(cache.set_persistent(hash, false));
  EXPECT_TRUE(cache.make_room(600, kNow + hours(999)));
  EXPECT_FALSE(cache.holds(hash, 600));
}

TEST_F(CacheFiles, ReserveTheWholeSizeOfDownloadsUnderWay) {
  const std::string first = sha256_hex("first");
  const std::string second = sha256_hex("second");
  ASSERT_TRUE(cache.begin(first, 600, kNow));
  EXPECT_TRUE(cache.begin(second, 600, kNow).error().is(kCacheTooSmall));
  EXPECT_TRUE(cache.begin(first, 600, kNow));
  cache.discard(first);
  EXPECT_TRUE(cache.begin(second, 600, kNow));
}

}  // namespace
}  // namespace muster::client
