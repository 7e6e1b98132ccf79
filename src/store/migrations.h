// Brings a database to the schema that this program knows. Migrations are numbered, never changed
// after a release, and each runs in one transaction, so a crash in between is continued later.
#pragma once

#include <span>

#include "base/time.h"
#include "store/database.h"
#include "store/postgres.h"
#include "store/sqlite.h"

namespace muster::store {

// `sql` uses the types INTEGER (64 bits), TEXT, BLOB and REAL only; a driver spells them as its
// engine wants (postgres_dialect.h).
struct Migration {
  int number;  // 1, 2, 3...
  std::string_view name;
  std::string_view sql;
};

// The files of store/migrations/.
std::span<const Migration> site_migrations();

// How many were applied. Errors: kDatabaseNewer when the database has a migration that this
// program does not know, kMigrationChanged when one differs from what was applied.
Result<int> migrate(Database& database, std::span<const Migration> migrations, Timestamp now);

// open_sqlite and migrate with site_migrations().
Result<std::unique_ptr<Database>> open_site_database(const std::filesystem::path& path,
                                                     Timestamp now,
                                                     const SqliteOptions& options = {});
// The same on a server, where the roles' logins get their rights (role_logins.h).
Result<std::unique_ptr<Database>> open_site_database(const PostgresOptions& options,
                                                     const Clock& clock);

}  // namespace muster::store
