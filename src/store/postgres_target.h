// From the site's settings to what libpq is told. Internal to the driver.
#pragma once

#include "store/postgres.h"
#include "store/postgres_connection.h"

namespace muster::store {

// Holds all of the site's tables.
inline constexpr std::string_view kPostgresSchema = "muster";

// Error: kBadDatabaseUrl, which never shows the url: somebody may have written a password into it.
Result<PostgresTarget> postgres_target(const PostgresOptions& options);

}  // namespace muster::store
