#include "store/migrations.h"

#include "tests/store/store_test.h"

namespace muster::store {
namespace {

constexpr Migration kFirst{1, "first", "CREATE TABLE a (x INTEGER)"};
constexpr Migration kSecond{2, "second", "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (7)"};
constexpr Migration kBroken{2, "second", "CREATE TABLE b (x INTEGER); INSERT INTO c VALUES (7)"};

class MigrationsTest : public ::testing::Test {
 protected:
  bool has_table(std::string_view name) {
    return database_
        ->read([&](Reader& reader) {
          return reader.first(fmt::format("SELECT COUNT(*) FROM {}", name), {},
                              [](Rows& rows) { return rows.integer(0); });
        })
        .has_value();
  }
  TemporaryFolder folder_;
  TestDatabase place_{folder_.path() / "a.sqlite"};
  std::unique_ptr<Database> database_ = must(place_.open());
};

TEST_F(MigrationsTest, EachIsAppliedOnce) {
  const Migration both[] = {kFirst, kSecond};
  EXPECT_EQ(must(migrate(*database_, std::span(both).first(1), kNow)), 1);
  EXPECT_FALSE(has_table("b"));
  EXPECT_EQ(must(migrate(*database_, both, kNow)), 1);
  EXPECT_TRUE(has_table("b"));
  EXPECT_EQ(must(migrate(*database_, both, kNow)), 0);
}

TEST_F(MigrationsTest, AFailingOneLeavesNothingAndIsRunAgainLater) {
  const Migration broken[] = {kFirst, kBroken};
  EXPECT_TRUE(fails_with(migrate(*database_, broken, kNow), kDatabaseFailed));
  EXPECT_TRUE(has_table("a"));
  EXPECT_FALSE(has_table("b"));
  const Migration both[] = {kFirst, kSecond};
  EXPECT_EQ(must(migrate(*database_, both, kNow)), 1);
}

TEST_F(MigrationsTest, ADatabaseOfANewerProgramIsRefused) {
  const Migration both[] = {kFirst, kSecond};
  must(migrate(*database_, both, kNow));
  EXPECT_TRUE(fails_with(migrate(*database_, std::span(both).first(1), kNow), kDatabaseNewer));
}

TEST_F(MigrationsTest, AnAlteredMigrationIsRefused) {
  const Migration before[] = {kFirst};
  must(migrate(*database_, before, kNow));
  const Migration after[] = {{1, "first", "CREATE TABLE a (x TEXT)"}, kSecond};
  EXPECT_TRUE(fails_with(migrate(*database_, after, kNow), kMigrationChanged));
  EXPECT_FALSE(has_table("b"));
}

TEST(SiteMigrations, AreNumberedWithoutGapsAndOpenTwice) {
  int number = 0;
  for (const Migration& migration : site_migrations()) EXPECT_EQ(migration.number, ++number);
  const TemporaryFolder folder;
  TestDatabase place(folder.path() / "site.sqlite");
  must(place.open_site(kNow));
  must(place.open_site(kNow));
}

TEST(SiteMigrations, UseOnlyTheTypesThatEveryDriverKnows) {
  for (const Migration& migration : site_migrations())
    for (const char* word : {"VARCHAR", "DATETIME", "AUTOINCREMENT", "WITHOUT ROWID", "STRICT",
                             "BYTEA", "BIGINT", "SERIAL "})
      EXPECT_EQ(migration.sql.find(word), std::string_view::npos) << migration.name << word;
}

}  // namespace
}  // namespace muster::store
