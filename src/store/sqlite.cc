#include "store/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/check.h"
#include "base/os/fd.h"
#include "base/os/file.h"
#include "store/connection_pool.h"
#include "store/sqlite_connection.h"

namespace muster::store {
namespace fs = std::filesystem;
namespace {

using Pool = ConnectionPool<SqliteConnection>;
using Lent = LentConnection<SqliteConnection>;

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(Duration busy_timeout)
      : writers_(busy_timeout, "writer"), readers_(busy_timeout, "reader") {}

  Pool& writers() { return writers_; }
  Pool& readers() { return readers_; }

 private:
  Result<void> write_with(const std::function<Result<void>(Transaction&)>& work) override {
    // A second write inside the first would wait for itself.
    MUSTER_CHECK(writing_thread_.load() != std::this_thread::get_id());
    Lent connection(writers_, TRY(writers_.take()));
    struct Mark {
      std::atomic<std::thread::id>& thread;
      explicit Mark(std::atomic<std::thread::id>& t) : thread(t) {
        thread = std::this_thread::get_id();
      }
      ~Mark() { thread = std::thread::id(); }
    } const mark(writing_thread_);
    TRY(connection->begin());
    TRY(work(*connection));
    return connection->commit();
  }

  Result<void> read_with(const std::function<Result<void>(Reader&)>& work) override {
    Lent connection(readers_, TRY(readers_.take()));
    TRY(connection->run("BEGIN"));
    return work(*connection);
  }

  Pool writers_;
  Pool readers_;
  std::atomic<std::thread::id> writing_thread_{};
};

Failure unavailable(const fs::path& path, const char* what) {
  return fail(errno == ENOSPC ? kDiskFull : kDatabaseUnavailable, "{}: {}: {}", path.string(), what,
              std::strerror(errno));
}

// SQLite gives the write-ahead log the mode of the database file.
Result<void> prepare_file(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  TRY(os::make_private_folder(folder));
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return unavailable(folder, "stat");
  if ((info.st_mode & 0022) != 0)
    return fail(kDatabaseUnavailable, "{}: the folder is writable by others (mode {:o})",
                folder.string(), info.st_mode & 07777);
  const os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return unavailable(path, "open");
  if (::fstat(fd.get(), &info) != 0) return unavailable(path, "stat");
  if (!S_ISREG(info.st_mode))
    return fail(kDatabaseUnavailable, "{}: not a regular file", path.string());
  if ((info.st_mode & 0777) != 0600 && ::fchmod(fd.get(), 0600) != 0)
    return unavailable(path, "chmod");
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const fs::path& path, const SqliteOptions& options) {
  MUSTER_CHECK(options.readers > 0);
  TRY(prepare_file(path));
  auto database = std::make_unique<SqliteDatabase>(options.busy_timeout);
  database->writers().add(TRY(SqliteConnection::open(path, SqliteConnection::Access::Write,
                                                     options.busy_timeout, options.cache_bytes)));
  for (unsigned i = 0; i < options.readers; ++i)
    database->readers().add(TRY(SqliteConnection::open(
        path, SqliteConnection::Access::Read, options.busy_timeout, options.cache_bytes / 8)));
  return database;
}

}  // namespace muster::store
