// The SQLite driver: one writing connection, several reading ones, write-ahead log, full fsync.
#pragma once

#include <filesystem>
#include <memory>

#include "store/database.h"

namespace muster::store {

struct SqliteOptions {
  unsigned readers = 4;
  Duration busy_timeout = std::chrono::seconds(10);
  std::size_t cache_bytes = 64u << 20;  // of the writing connection; readers take an eighth each
};

// Opens or creates the file (mode 0600) in its folder (0700 when it is new; one that others may
// write is refused). Errors: kDatabaseUnavailable, kDatabaseCorrupt, kDiskFull.
Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& path,
                                              const SqliteOptions& options = {});

}  // namespace muster::store
