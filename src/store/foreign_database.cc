#include "store/foreign_database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <memory>

#include "store/errors.h"

namespace muster::store {
namespace {

constexpr int kAttempts = 3;
constexpr int kBusyTimeoutMs = 2000;

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// What of a file changes when somebody writes to it.
struct Mark {
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_ns = 0;
  bool has_log = false;
  friend bool operator==(const Mark&, const Mark&) = default;
};

Mark mark_of(const std::filesystem::path& file) {
  Mark out;
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0)
    out = {info.st_ino, info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
           false};
  out.has_log = ::stat((file.string() + "-wal").c_str(), &info) == 0 && info.st_size > 0;
  return out;
}

std::string address_of(const std::filesystem::path& file, bool immutable) {
  std::string out = "file:";
  for (const char c : file.string()) {
    if (c == '?' || c == '#' || c == '%')
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + (immutable ? "?immutable=1" : "?mode=ro");
}

Result<void> read_once(const std::filesystem::path& file, bool immutable, const ForeignQuery& query,
                       const std::function<Result<void>(ByteView)>& take) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(address_of(file, immutable).c_str(), &opened,
                                   SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  const std::unique_ptr<sqlite3, Close> handle(opened);
  if (code != SQLITE_OK)
    return fail(kForeignDatabase, "{}: {}", file.string(), sqlite3_errstr(code));
  const auto failed = [&] {
    return fail(kForeignDatabase, "{}: {}", file.string(), sqlite3_errmsg(opened));
  };
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
  // The schema is another's: it may not call functions, and what it says is not believed.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, static_cast<int>(query.longest_bytes));
  if (sqlite3_exec(opened, "PRAGMA cache_size = -256", nullptr, nullptr, nullptr) != SQLITE_OK)
    return failed();
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, query.sql.c_str(), static_cast<int>(query.sql.size()), &prepared,
                         nullptr) != SQLITE_OK)
    return failed();
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(prepared);
  for (std::size_t rows = 0;; ++rows) {
    const int step = sqlite3_step(prepared);
    if (step == SQLITE_DONE) return {};
    if (step != SQLITE_ROW) return failed();
    if (rows >= query.most_rows)
      return fail(kForeignDatabase, "{}: over {} rows", file.string(), query.most_rows);
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(prepared, 0));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
    TRY(take(bytes == nullptr ? ByteView() : ByteView(bytes, size)));
  }
}

}  // namespace

Result<void> read_foreign_database(const std::filesystem::path& file, const ForeignQuery& query,
                                   const std::function<void()>& restart,
                                   const std::function<Result<void>(ByteView)>& take) {
  for (int attempt = 1;; ++attempt) {
    // Without a log nobody writes, and an immutable file needs neither locks nor files beside it.
    // Who starts to write meanwhile is noticed afterwards.
    const Mark before = mark_of(file);
    restart();
    const auto done = read_once(file, !before.has_log, query, take);
    if (before.has_log || mark_of(file) == before) return done;
    if (attempt == kAttempts)
      return fail(kForeignDatabase, "{}: it is being written all the time", file.string());
  }
}

}  // namespace muster::store
