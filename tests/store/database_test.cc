#include "store/database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/errors.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    must(database_->write([](Transaction& transaction) {
      return transaction.script(
          "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT UNIQUE, real REAL, bytes BLOB);"
          "CREATE TABLE child (id INTEGER REFERENCES t (id))");
    }));
  }
  Result<std::int64_t> run(std::string_view sql, std::initializer_list<Param> params = {}) {
    return database_->write([&](Transaction& t) { return t.run(sql, params); });
  }
  std::int64_t count() {
    return must(database_->read([](Reader& reader) {
             return reader.first("SELECT COUNT(*) FROM t", {},
                                 [](Rows& rows) { return rows.integer(0); });
           }))
        .value();
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "private" / "a.sqlite";
  TestDatabase place_{path_};
  std::unique_ptr<Database> database_ = must(place_.open());
};

TEST_F(DatabaseTest, EveryKindOfValueComesBackAsItWent) {
  const Bytes bytes("\0\xff\x01", 3);
  must(run("INSERT INTO t VALUES ($1, $2, $3, $4)",
           {INT64_MIN, "gr\xc3\xbc\xc3\x9f\x01e", 0.5, blob(bytes)}));
  must(run("INSERT INTO t VALUES ($1, $2, $3, $4)", {2, "", std::nullopt, blob("")}));
  must(database_->read([&](Reader& reader) -> Result<void> {
    Rows rows = TRY(reader.query("SELECT id, text, real, bytes FROM t ORDER BY id"));
    EXPECT_TRUE(TRY(rows.next()));
    EXPECT_EQ(TRY(rows.integer(0)), INT64_MIN);
    EXPECT_EQ(TRY(rows.text(1)), "gr\xc3\xbc\xc3\x9f\x01e");
    EXPECT_EQ(TRY(rows.real(2)), 0.5);
    EXPECT_EQ(TRY(rows.blob(3)), bytes);
    EXPECT_EQ(rows.value(3), Value(Blob{bytes}));
    EXPECT_TRUE(TRY(rows.next()));
    EXPECT_EQ(TRY(rows.text(1)), "");
    EXPECT_EQ(TRY(rows.maybe_integer(2)), std::nullopt);
    EXPECT_EQ(TRY(rows.blob(3)), "");
    EXPECT_EQ(rows.value(2), Value(std::monostate()));
    EXPECT_FALSE(TRY(rows.next()));
    EXPECT_FALSE(TRY(rows.next()));
    return {};
  }));
}

TEST_F(DatabaseTest, PlaceholdersAreBoundByTheirNumberAndMayRepeat) {
  must(database_->read([](Reader& reader) -> Result<void> {
    Rows rows = TRY(reader.query("SELECT $3, $1, $2, $1", {"a", "b", "c"}));
    EXPECT_TRUE(TRY(rows.next()));
    EXPECT_EQ(TRY(rows.text(0)) + TRY(rows.text(1)) + TRY(rows.text(2)) + TRY(rows.text(3)),
              "caba");
    return {};
  }));
}

TEST_F(DatabaseTest, AWrongTypeIsAnErrorThatNamesTheColumn) {
  must(run("INSERT INTO t VALUES (1, 'x', NULL, NULL)"));
  const auto read_as_integer = database_->read([](Reader& reader) {
    return reader.first("SELECT text FROM t", {}, [](Rows& rows) { return rows.integer(0); });
  });
  ASSERT_TRUE(fails_with(read_as_integer, kUnexpectedValue));
  EXPECT_NE(read_as_integer.error().detail().find("column text is a text"), std::string::npos);
  EXPECT_TRUE(fails_with(database_->read([](Reader& reader) {
    return reader.first("SELECT real FROM t", {}, [](Rows& rows) { return rows.real(0); });
  }),
                         kUnexpectedValue));
  EXPECT_TRUE(fails_with(database_->read([](Reader& reader) {
    return reader.first("SELECT 2", {}, [](Rows& rows) { return rows.boolean(0); });
  }),
                         kUnexpectedValue));
}

TEST_F(DatabaseTest, AFailingTransactionLeavesNothing) {
  const auto answer = database_->write([](Transaction& transaction) -> Result<int> {
    TRY(transaction.run("INSERT INTO t (id) VALUES (1)"));
    return fail(kNotFound, "on purpose");
  });
  EXPECT_TRUE(fails_with(answer, kNotFound));
  EXPECT_EQ(count(), 0);
  must(run("INSERT INTO t (id) VALUES (1)"));
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ConstraintsAndForeignKeysHold) {
  must(run("INSERT INTO t (id, text) VALUES (1, 'a')"));
  EXPECT_TRUE(fails_with(run("INSERT INTO t (id, text) VALUES (2, 'a')"), kConstraint));
  EXPECT_TRUE(fails_with(run("INSERT INTO child (id) VALUES (9)"), kConstraint));
  EXPECT_TRUE(fails_with(run("INSERT INTO nowhere VALUES (1)"), kDatabaseFailed));
}

TEST_F(DatabaseTest, AReaderCannotWrite) {
  EXPECT_TRUE(fails_with(database_->read([](Reader& reader) -> Result<bool> {
    Rows rows = TRY(reader.query("INSERT INTO t (id) VALUES (1) RETURNING id"));
    return rows.next();
  }),
                         TestDatabase::on_server() ? kServerUnavailable : kDatabaseUnavailable));
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, AReaderKeepsItsViewWhileOthersWrite) {
  must(run("INSERT INTO t (id) VALUES (1)"));
  must(database_->read([&](Reader& reader) -> Result<void> {
    const auto rows_now = [&]() -> Result<std::int64_t> {
      return *TRY(
          reader.first("SELECT COUNT(*) FROM t", {}, [](Rows& rows) { return rows.integer(0); }));
    };
    EXPECT_EQ(TRY(rows_now()), 1);
    TRY(run("INSERT INTO t (id) VALUES (2)"));
    EXPECT_EQ(TRY(rows_now()), 1);
    return {};
  }));
  EXPECT_EQ(count(), 2);
}

TEST_F(DatabaseTest, TheSameQueryMayRunInsideItself) {
  must(run("INSERT INTO t (id) VALUES (1), (2), (3)"));
  int pairs = 0;
  must(database_->read([&](Reader& reader) -> Result<void> {
    Rows outer = TRY(reader.query("SELECT id FROM t"));
    while (TRY(outer.next())) {
      Rows inner = TRY(reader.query("SELECT id FROM t"));
      while (TRY(inner.next())) ++pairs;
    }
    return {};
  }));
  EXPECT_EQ(pairs, 9);
}

TEST_F(DatabaseTest, ManyThreadsWriteOneAfterAnother) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (int i = 0; i < 25; ++i)
        must(database_->write([](Transaction& transaction) -> Result<void> {
          const auto last = *TRY(transaction.first("SELECT COALESCE(MAX(id), 0) FROM t", {},
                                                   [](Rows& rows) { return rows.integer(0); }));
          TRY(transaction.run("INSERT INTO t (id) VALUES ($1)", {last + 1}));
          return {};
        }));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count(), 100);
}

TEST_F(DatabaseTest, WaitingForTheWriterEndsWithBusy) {
  const auto other = must(place_.open(std::chrono::milliseconds(20)));
  must(database_->write([&](Transaction& transaction) -> Result<void> {
    TRY(transaction.run("INSERT INTO t (id) VALUES (1)"));
    EXPECT_TRUE(fails_with(
        other->write([](Transaction& t) { return t.run("INSERT INTO t (id) VALUES (2)"); }),
        kDatabaseBusy));
    return {};
  }));
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, WhatAnAttemptWroteIsUndoneWhenItFailsAndTheRestStays) {
  must(database_->write([](Transaction& transaction) -> Result<void> {
    TRY(transaction.run("INSERT INTO t (id) VALUES (1)"));
    const auto refused = transaction.attempt([&]() -> Result<void> {
      TRY(transaction.run("INSERT INTO t (id) VALUES (2)"));
      return fail(kNotFound, "on purpose");
    });
    EXPECT_TRUE(fails_with(refused, kNotFound));
    // A statement that fails spends what is around it on some engines.
    const auto doubled =
        transaction.attempt([&] { return transaction.run("INSERT INTO t (id) VALUES (3), (1)"); });
    EXPECT_TRUE(fails_with(doubled, kConstraint));
    EXPECT_EQ(TRY(transaction.attempt(
                  [&] { return transaction.run("INSERT INTO t (id) VALUES (4), (5)"); })),
              2);
    return {};
  }));
  EXPECT_EQ(must(database_->read([](Reader& reader) {
              return reader.all("SELECT id FROM t ORDER BY id", {},
                                [](Rows& rows) { return rows.integer(0); });
            })),
            (std::vector<std::int64_t>{1, 4, 5}));
}

TEST_F(DatabaseTest, TextsThatOneEngineCannotKeepAreRefusedByBoth) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff"),
                                  std::string("\xed\xa0\x80"), std::string("\xc0\x80")})
    EXPECT_TRUE(
        fails_with(run("INSERT INTO t (id, text) VALUES (1, $1)", {text}), kUnstorableText));
  EXPECT_EQ(count(), 0);
  must(run("INSERT INTO t (id, text) VALUES (1, $1)", {"\xf4\x8f\xbf\xbf"}));
}

TEST_F(DatabaseTest, TextsSortByTheirBytes) {
  for (const char* text : {"b", "a", "B", "_", "\xc3\xa4", "ab", "a-b", ""})
    must(run("INSERT INTO t (id, text) VALUES ((SELECT COUNT(*) FROM t), $1)", {text}));
  const auto query = [](const char* sql) {
    return [sql](Reader& reader) {
      return reader.all(sql, {}, [](Rows& rows) { return rows.text(0); });
    };
  };
  EXPECT_EQ(must(database_->read(query("SELECT text FROM t ORDER BY text"))),
            (std::vector<std::string>{"", "B", "_", "a", "a-b", "ab", "b", "\xc3\xa4"}));
  EXPECT_EQ(must(database_->read(query("SELECT text FROM t WHERE text > 'B' AND text < 'a-b' "
                                       "ORDER BY text"))),
            (std::vector<std::string>{"_", "a"}));
}

TEST_F(DatabaseTest, RowsThatNobodyReadToTheEndAreNoHindrance) {
  for (int i = 0; i < 50; ++i) must(run("INSERT INTO t (id) VALUES ($1)", {i}));
  must(database_->write([](Transaction& transaction) -> Result<void> {
    Rows rows = TRY(transaction.query("SELECT id FROM t ORDER BY id"));
    EXPECT_TRUE(TRY(rows.next()));
    // Another statement in the middle, and what is left of the rows after it.
    EXPECT_EQ(TRY(transaction.run("INSERT INTO t (id) VALUES (1000)")), 1);
    EXPECT_TRUE(TRY(rows.next()));
    EXPECT_EQ(TRY(rows.integer(0)), 1);
    return {};
  }));
  EXPECT_EQ(count(), 51);
}

class SqliteFiles : public DatabaseTest {
 protected:
  void SetUp() override {
    if (TestDatabase::on_server()) GTEST_SKIP() << "there is no file";
    DatabaseTest::SetUp();
  }
};

TEST_F(SqliteFiles, AndFolderArePrivate) {
  must(run("INSERT INTO t (id) VALUES (1)"));
  EXPECT_EQ(fs::status(path_.parent_path()).permissions(), fs::perms::owner_all);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path file = fs::path(path_).concat(suffix);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << file;
  }
}

TEST(Sqlite, AFolderThatOthersMayWriteIsRefused) {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  EXPECT_TRUE(fails_with(open_sqlite(folder.path() / "a.sqlite"), kFileUnwritable));
}

TEST(Sqlite, AFileThatIsNoDatabaseIsCalledCorrupt) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.sqlite";
  std::ofstream(path) << std::string(8192, 'x');
  EXPECT_TRUE(fails_with(open_sqlite(path), kDatabaseCorrupt));
}

TEST(Sqlite, AFullDiskIsCalledSoAndWhatWasCommittedStays) {
  const TemporaryFolder folder;
  const auto database = must(open_sqlite(folder.path() / "a.sqlite"));
  must(database->write([](Transaction& transaction) -> Result<void> {
    TRY(transaction.script("CREATE TABLE t (bytes BLOB)"));
    TRY(transaction.run("INSERT INTO t VALUES ($1)", {blob("first")}));
    return {};
  }));
  // SQLite reports the page limit as it reports ENOSPC.
  const auto filled = database->write([](Transaction& transaction) -> Result<void> {
    TRY(transaction.script("PRAGMA max_page_count = 10"));
    TRY(transaction.run("INSERT INTO t VALUES ($1)", {blob(Bytes(1 << 20, 'x'))}));
    return {};
  });
  EXPECT_TRUE(fails_with(filled, kDiskFull));
  const auto stored = must(database->read([](Reader& reader) {
    return reader.all("SELECT bytes FROM t", {}, [](Rows& rows) { return rows.blob(0); });
  }));
  EXPECT_EQ(stored, std::vector<Bytes>{"first"});
}

}  // namespace
}  // namespace muster::store
