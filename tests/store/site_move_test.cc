#include "store/site_move.h"

#include <algorithm>

#include "store/site/audit.h"
#include "store/site/objects.h"
#include "store/site/settings.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

// From a file to the other kind of place, where the tests run with a server.
class SiteMoveTest : public SiteDatabaseTest {
 protected:
  void SetUp() override {
    const auto wide = Bytes(3u << 20, '\xfe');
    must(from_->write([&](Transaction& transaction) -> Result<void> {
      for (std::uint32_t i = 1; i <= 700; ++i)
        TRY(create_device(transaction,
                          {model::DeviceId::make(random_), site_code(), fmt::format("pc-{}", i),
                           i % 2 ? DeviceState::Active : DeviceState::Blocked, std::nullopt},
                          kNow));
      TRY(transaction.run("INSERT INTO device_rows (device, rows) VALUES (1, $1), (2, $2)",
                          {blob(wide), blob("")}));
      for (const char* action : {"create", "delete"})
        TRY(append_audit(transaction,
                         {.actor = "alice",
                          .action = action,
                          .kind = "Collection",
                          .name = "\xc3\xa4",
                          .before = std::nullopt,
                          .after = "",
                          .correlation = "c"},
                         kNow));
      return set_site_setting(transaction, "key", Bytes("\0\xff", 2));
    }));
  }
  std::int64_t rows_in(Database& database) {
    std::int64_t out = 0;
    for (const std::string& table : site_tables())
      out += *must(database.read([&](Reader& reader) {
        return reader.first("SELECT COUNT(*) FROM " + table, {},
                            [](Rows& rows) { return rows.integer(0); });
      }));
    return out;
  }

  std::unique_ptr<Database> from_ = must(open_site_database(folder_.path() / "from.db", kNow));
};

TEST_F(SiteMoveTest, BringsEveryRowAsItWas) {
  const SiteMove moved = must(move_site(*from_, *database_));
  EXPECT_FALSE(moved.was_through);
  EXPECT_EQ(moved.tables.size(), site_tables().size());
  std::int64_t rows = 0;
  for (const MovedTable& table : moved.tables) rows += table.rows;
  EXPECT_EQ(rows, rows_in(*from_));
  EXPECT_EQ(rows, rows_in(*database_));
  const auto devices = [](Reader& reader) { return list_devices(reader, 0, 10'000); };
  const auto before = must(from_->read(devices)), after = must(read(devices));
  ASSERT_EQ(after.size(), 700u);
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].id.text(), before[i].id.text());
    EXPECT_EQ(after[i].name, before[i].name);
    EXPECT_EQ(after[i].approved_by, before[i].approved_by);
  }
  const auto head = must(from_->read([](Reader& reader) { return audit_head(reader); }));
  EXPECT_EQ(must(read([](Reader& reader) { return verify_audit(reader, empty_audit()); })).hash,
            head.hash);
  EXPECT_EQ(must(read([](Reader& reader) { return site_setting(reader, "key"); })),
            Bytes("\0\xff", 2));
  // Counters went with it: the next device gets the next number.
  EXPECT_EQ(new_device().number, 701);
}

TEST_F(SiteMoveTest, ASecondTimeFindsThatItIsThrough) {
  must(move_site(*from_, *database_));
  EXPECT_TRUE(must(move_site(*from_, *database_)).was_through);
}

TEST_F(SiteMoveTest, NothingIsMovedOverAnythingElse) {
  new_device();
  const std::int64_t before = rows_in(*database_);
  EXPECT_TRUE(fails_with(move_site(*from_, *database_), kDatabaseNotEmpty));
  EXPECT_EQ(rows_in(*database_), before);
}

TEST_F(SiteMoveTest, ARowThatTheOtherOneRefusesLeavesItEmpty) {
  must(from_->write([](Transaction& transaction) -> Result<void> {
    // Both engines refuse it as a parameter; it got in some other way.
    TRY(transaction.run("UPDATE device SET name = CAST(x'61ff' AS TEXT) WHERE number = 700"));
    return {};
  }));
  EXPECT_TRUE(fails_with(move_site(*from_, *database_), kUnstorableText));
  EXPECT_EQ(rows_in(*database_), 0);
}

TEST_F(SiteMoveTest, KnowsEveryTableOfASite) {
  auto known = site_tables();
  std::ranges::sort(known);
  const auto there = must(from_->read([](Reader& reader) {
    return reader.all(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND "
        "name <> 'schema_migration' ORDER BY name",
        {}, [](Rows& rows) { return rows.text(0); });
  }));
  EXPECT_EQ(known, there);
}

}  // namespace
}  // namespace muster::store
