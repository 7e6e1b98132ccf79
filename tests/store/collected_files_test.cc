#include "store/site/collected_files.h"

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CollectedFilesTest : public SiteDatabaseTest {
 protected:
  bool add(const Device& from, const std::string& path, const std::string& content,
           Timestamp received = kNow) {
    return must(write([&](Transaction& t) {
      CollectedFile file;
      file.device = from.number;
      file.collection = "web";
      file.path = path;
      file.collected = file.received = file.modified = received;
      return add_collected_file(t, file, content);
    }));
  }
  std::int64_t trim(const Device& of, std::int64_t versions, std::int64_t bytes) {
    return must(write([&](Transaction& t) {
      return trim_collected_files(t, of.number, {versions, bytes});
    }));
  }
  // "path content", newest first.
  std::vector<std::string> kept(const Device& of) {
    return must(read([&](Reader& r) -> Result<std::vector<std::string>> {
      std::vector<std::string> out;
      for (const CollectedFile& file : TRY(list_collected_files(r, of.number, 0, 100)))
        out.push_back(file.path + " " + TRY(collected_content(r, file.sha256)));
      return out;
    }));
  }
  std::int64_t contents() {
    return must(read([](Reader& r) {
             return r.first("SELECT COUNT(*) FROM collected_content", {},
                            [](Rows& rows) { return rows.integer(0); });
           }))
        .value_or(-1);
  }
};

TEST_F(CollectedFilesTest, AVersionIsAddedWhenTheContentChangedAndElseConfirmed) {
  const Device pc = new_device();
  EXPECT_TRUE(add(pc, "/a", "one"));
  EXPECT_FALSE(add(pc, "/a", "one", kNow + std::chrono::hours(5)));
  EXPECT_TRUE(add(pc, "/a", "two"));
  EXPECT_TRUE(add(pc, "/a", "one"));
  EXPECT_THAT(kept(pc), ElementsAre("/a one", "/a two", "/a one"));
  const auto files =
      must(read([&](Reader& r) { return list_collected_files(r, pc.number, 0, 100); }));
  EXPECT_EQ(files[2].received, kNow + std::chrono::hours(5));
  EXPECT_EQ(files[2].collected, kNow);
  EXPECT_EQ(files[0].sha256, sha256("one"));
  EXPECT_EQ(files[0].size_bytes, 3);
  EXPECT_EQ(contents(), 2);
}

TEST_F(CollectedFilesTest, OnlyTheNewestVersionsOfAPathStay) {
  const Device pc = new_device();
  for (int i = 1; i <= 7; ++i) add(pc, "/a", "v" + std::to_string(i));
  add(pc, "/b", "v1");
  EXPECT_EQ(trim(pc, 5, 1000), 2);
  EXPECT_THAT(kept(pc), ElementsAre("/b v1", "/a v7", "/a v6", "/a v5", "/a v4", "/a v3"));
  EXPECT_EQ(contents(), 6);  // that of /b stays, v2 of nobody went
}

// Superseded versions make room first, then the oldest of the others.
TEST_F(CollectedFilesTest, ADeviceHasNoMoreThanItsShare) {
  const Device pc = new_device(), other = new_device();
  add(other, "/a", "0123456789");
  add(pc, "/old", "0123456789");
  add(pc, "/a", "abcdefghij");
  add(pc, "/a", "klmnopqrst");
  EXPECT_EQ(trim(pc, 5, 29), 1);
  EXPECT_THAT(kept(pc), ElementsAre("/a klmnopqrst", "/old 0123456789"));
  EXPECT_EQ(trim(pc, 5, 19), 1);
  EXPECT_THAT(kept(pc), ElementsAre("/a klmnopqrst"));
  EXPECT_EQ(trim(pc, 5, 9), 1);
  EXPECT_THAT(kept(pc), IsEmpty());
  EXPECT_THAT(kept(other), ElementsAre("/a 0123456789"));
  EXPECT_EQ(contents(), 1);
}

TEST_F(CollectedFilesTest, GoWithTheirTimeAndWithTheirDevice) {
  const Device pc = new_device(), other = new_device();
  add(pc, "/a", "old");
  add(pc, "/b", "new", kNow + std::chrono::hours(2));
  add(other, "/a", "other", kNow + std::chrono::hours(2));
  const auto remove = [&](Timestamp moment) {
    return must(write([&](Transaction& t) { return remove_collected_files(t, moment); }));
  };
  EXPECT_EQ(remove(kNow + std::chrono::hours(1)), 1);
  EXPECT_THAT(kept(pc), ElementsAre("/b new"));
  must(write([&](Transaction& t) { return delete_device(t, pc.number); }));
  EXPECT_EQ(contents(), 2);
  EXPECT_EQ(remove(kNow), 0);
  EXPECT_EQ(contents(), 1);
  EXPECT_THAT(kept(other), ElementsAre("/a other"));
}

TEST_F(CollectedFilesTest, AreFoundByTheirDeviceAlone) {
  const Device pc = new_device(), other = new_device();
  add(pc, "/a", "one");
  const auto number =
      must(read([&](Reader& r) { return list_collected_files(r, pc.number, 0, 1); }))[0].number;
  const auto found = [&](const Device& of) {
    return must(read([&](Reader& r) { return find_collected_file(r, of.number, number); }));
  };
  ASSERT_TRUE(found(pc));
  EXPECT_EQ(found(pc)->path, "/a");
  EXPECT_FALSE(found(other));
}

}  // namespace
}  // namespace muster::store
