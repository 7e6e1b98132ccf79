#include "store/migrations.h"

#include "base/check.h"
#include "base/sha256.h"
#include "store/report_views.h"
#include "store/role_logins.h"

namespace muster::store {
namespace {

struct Applied {
  std::int64_t number;
  std::string name;
  Bytes sha256;
};

Result<std::vector<Applied>> applied_migrations(Reader& reader) {
  return reader.all("SELECT number, name, sha256 FROM schema_migration ORDER BY number", {},
                    [](Rows& rows) -> Result<Applied> {
                      return Applied{TRY(rows.integer(0)), TRY(rows.text(1)), TRY(rows.blob(2))};
                    });
}

Result<void> check_applied(const std::vector<Applied>& applied,
                           std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const Applied& was = applied[i];
    if (i >= migrations.size())
      return fail(kDatabaseNewer, "the database has migration {} \"{}\", this program ends at {}",
                  was.number, was.name, migrations.size());
    const Migration& is = migrations[i];
    if (was.number != is.number || was.sha256 != sha256(is.sql))
      return fail(kMigrationChanged, "migration {} \"{}\" was applied in another form as {} \"{}\"",
                  is.number, is.name, was.number, was.name);
  }
  return {};
}

Result<void> apply(Transaction& transaction, const Migration& migration, Timestamp now) {
  TRY_IN(transaction.script(migration.sql), "migration {} \"{}\"", migration.number,
         migration.name);
  TRY(transaction.run(
      "INSERT INTO schema_migration (number, name, sha256, at) VALUES ($1, $2, $3, $4)",
      {migration.number, migration.name, blob(sha256(migration.sql)), now}));
  return {};
}

}  // namespace

Result<int> migrate(Database& database, std::span<const Migration> migrations, Timestamp now) {
  for (std::size_t i = 0; i < migrations.size(); ++i)
    MUSTER_CHECK(migrations[i].number == static_cast<int>(i) + 1);
  TRY(database.write([](Transaction& transaction) {
    return transaction.script(
        "CREATE TABLE IF NOT EXISTS schema_migration ("
        "number INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, "
        "sha256 BLOB NOT NULL, at INTEGER NOT NULL)");
  }));
  int count = 0;
  for (bool done = false; !done;) {
    // What is applied is read again inside each transaction: another process may be migrating.
    done = TRY(database.write([&](Transaction& transaction) -> Result<bool> {
      const std::vector<Applied> applied = TRY(applied_migrations(transaction));
      TRY(check_applied(applied, migrations));
      if (applied.size() == migrations.size()) return true;
      TRY(apply(transaction, migrations[applied.size()], now));
      ++count;
      return false;
    }));
  }
  return count;
}

Result<std::unique_ptr<Database>> open_site_database(const std::filesystem::path& path,
                                                     Timestamp now, const SqliteOptions& options) {
  std::unique_ptr<Database> database = TRY(open_sqlite(path, options));
  TRY_IN(migrate(*database, site_migrations(), now), "{}", path.string());
  return database;
}

Result<std::unique_ptr<Database>> open_site_database(const PostgresOptions& options,
                                                     const Clock& clock) {
  std::unique_ptr<Database> database = TRY(open_postgres(options, clock));
  TRY(migrate(*database, site_migrations(), clock.now()));
  TRY_IN(make_report_views(*database), "the views for reports");
  TRY_IN(grant_role_rights(*database), "the rights of the roles' logins");
  return database;
}

}  // namespace muster::store
