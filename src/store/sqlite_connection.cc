#include "store/sqlite_connection.h"

#include "base/check.h"
#include "store/storable_text.h"

namespace muster::store {
namespace {

// A listing with filters makes its SQL as it goes; the bound keeps such texts from piling up.
constexpr std::size_t kMostCachedStatements = 500;

ValueView column_value(sqlite3_stmt* statement, int column) {
  const auto size = [&] {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string_view(text, size());
    }
    case SQLITE_BLOB: {
      // An empty blob is a null pointer.
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return BlobView{bytes == nullptr ? ByteView() : ByteView(bytes, size())};
    }
    default:
      return std::monostate();
  }
}

}  // namespace

const ErrorKind& sqlite_error_kind(int code) {
  if (code == SQLITE_IOERR_SHMSIZE) return kDiskFull;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return kDiskFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return kDatabaseCorrupt;
    case SQLITE_CONSTRAINT:
      return kConstraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return kDatabaseBusy;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return kDatabaseUnavailable;
    default:
      return kDatabaseFailed;
  }
}

class SqliteCursor final : public Cursor {
 public:
  SqliteCursor(const SqliteConnection& connection, SqliteConnection::StatementPointer statement)
      : connection_(connection), statement_(std::move(statement)) {}
  ~SqliteCursor() override { SqliteConnection::finish(*statement_); }

  Result<bool> next() override {
    if (ended_) return false;
    const int code = sqlite3_step(handle());
    if (code == SQLITE_ROW) return true;
    ended_ = true;
    if (code == SQLITE_DONE) return false;
    return connection_.failure(code, statement_->sql);
  }
  int columns() const override { return sqlite3_column_count(handle()); }
  std::string column_name(int column) const override {
    const char* name = sqlite3_column_name(handle(), column);
    return name == nullptr ? fmt::format("{}", column) : name;
  }
  ValueView value(int column) const override {
    MUSTER_CHECK(column >= 0 && column < columns());
    return column_value(handle(), column);
  }

 private:
  sqlite3_stmt* handle() const { return statement_->handle.get(); }

  const SqliteConnection& connection_;
  SqliteConnection::StatementPointer statement_;
  bool ended_ = false;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& path,
                                                                 Access access,
                                                                 Duration busy_timeout,
                                                                 std::size_t cache_bytes) {
  sqlite3* handle = nullptr;
  // Readers open for writing too, since SQLite needs it for the shared memory of the log; the
  // pragma query_only keeps them from changing anything.
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle, path.string()));
  if (code != SQLITE_OK) return connection->failure(code, "open");
  TRY(connection->configure(access, busy_timeout, cache_bytes));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close_v2(handle_);
}

Result<void> SqliteConnection::configure(Access access, Duration busy_timeout,
                                         std::size_t cache_bytes) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, static_cast<int>(busy_timeout.count()));
  // The schema of a damaged or hostile file must not make SQLite call anything.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Text in double quotes is a name here as in every other engine.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  // SQLite falls back silently on file systems without shared memory.
  const auto mode =
      TRY(first("PRAGMA journal_mode = WAL", {}, [](Rows& rows) { return rows.text(0); }));
  if (mode != "wal")
    return fail(kDatabaseUnavailable, "{}: the file system allows no write-ahead log", name_);
  TRY(script("PRAGMA synchronous = FULL"));
  TRY(script("PRAGMA foreign_keys = ON"));
  TRY(script("PRAGMA temp_store = MEMORY"));
  TRY(script(fmt::format("PRAGMA cache_size = -{}", cache_bytes / 1024)));
  // The log is cut back after a burst instead of keeping its largest size.
  TRY(script("PRAGMA journal_size_limit = 67108864"));
  if (access == Access::Read) TRY(script("PRAGMA query_only = ON"));
  return {};
}

Failure SqliteConnection::failure(int code, std::string_view doing) const {
  const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  return fail(sqlite_error_kind(code), "{}: {} (SQLite {}): {}", name_, text, code,
              doing.substr(0, 200));
}

Result<SqliteConnection::StatementPointer> SqliteConnection::prepare(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end() && !found->second->in_use) return found->second;

  auto statement = std::make_shared<Statement>();
  statement->sql = sql;
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_, statement->sql.data(), static_cast<int>(statement->sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, &rest);
  statement->handle.reset(handle);
  if (code != SQLITE_OK) return failure(code, sql);
  MUSTER_CHECK(handle != nullptr);
  MUSTER_CHECK(rest == statement->sql.data() + statement->sql.size());  // one statement only

  // SQLite numbers "$2" by its first appearance, not by its name.
  const int count = sqlite3_bind_parameter_count(handle);
  for (int i = 1; i <= count; ++i) {
    const int index = sqlite3_bind_parameter_index(handle, fmt::format("${}", i).c_str());
    MUSTER_CHECK(index > 0);
    statement->index.push_back(index);
  }
  if (found == statements_.end()) {
    if (statements_.size() >= kMostCachedStatements)
      std::erase_if(statements_, [](const auto& entry) { return !entry.second->in_use; });
    statements_.emplace(statement->sql, statement);
  }
  return statement;
}

Result<void> SqliteConnection::bind(Statement& statement, Params params, bool copy) {
  MUSTER_CHECK(params.size() == statement.index.size());
  const auto lifetime = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
  sqlite3_stmt* handle = statement.handle.get();
  for (std::size_t i = 0; i < params.size(); ++i) {
    const int at = statement.index[i];
    const ValueView& value = params[i].view();
    int code = SQLITE_OK;
    if (const auto* number = std::get_if<std::int64_t>(&value))
      code = sqlite3_bind_int64(handle, at, *number);
    else if (const auto* real = std::get_if<double>(&value))
      code = sqlite3_bind_double(handle, at, *real);
    else if (const auto* text = std::get_if<std::string_view>(&value)) {
      TRY(check_storable(*text, i + 1));
      // A null pointer would bind NULL, so an empty view gets another one.
      code = sqlite3_bind_text64(handle, at, text->empty() ? "" : text->data(), text->size(),
                                 lifetime, SQLITE_UTF8);
    } else if (const auto* bytes = std::get_if<BlobView>(&value))
      code = sqlite3_bind_blob64(handle, at, bytes->bytes.empty() ? "" : bytes->bytes.data(),
                                 bytes->bytes.size(), lifetime);
    else
      code = sqlite3_bind_null(handle, at);
    if (code != SQLITE_OK) return failure(code, statement.sql);
  }
  return {};
}

Result<SqliteConnection::StatementPointer> SqliteConnection::start(std::string_view sql,
                                                                   Params params, bool copy) {
  StatementPointer statement = TRY(prepare(sql));
  statement->in_use = true;
  if (Result<void> bound = bind(*statement, params, copy); !bound) {
    finish(*statement);
    return Failure(std::move(bound).error());
  }
  return statement;
}

void SqliteConnection::finish(Statement& statement) {
  sqlite3_reset(statement.handle.get());
  sqlite3_clear_bindings(statement.handle.get());
  statement.in_use = false;
}

Result<Rows> SqliteConnection::query(std::string_view sql, Params params) {
  return Rows(std::make_unique<SqliteCursor>(*this, TRY(start(sql, params, true))));
}

Result<std::int64_t> SqliteConnection::run(std::string_view sql, Params params) {
  const StatementPointer statement = TRY(start(sql, params, false));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement->handle.get());
  const std::int64_t changed = sqlite3_changes64(handle_);
  Result<std::int64_t> out = changed;
  if (code != SQLITE_DONE) out = failure(code, sql);
  finish(*statement);
  return out;
}

Result<void> SqliteConnection::script(std::string_view sql) {
  const std::string text(sql);
  const int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code, sql);
  return {};
}

Result<void> SqliteConnection::savepoint(Savepoint step) {
  if (step == Savepoint::Restore) TRY(run("ROLLBACK TO attempt"));
  TRY(run(step == Savepoint::Set ? "SAVEPOINT attempt" : "RELEASE attempt"));
  return {};
}

Result<void> SqliteConnection::begin() {
  TRY(run("BEGIN IMMEDIATE"));
  return {};
}

Result<void> SqliteConnection::commit() {
  TRY(run("COMMIT"));
  return {};
}

void SqliteConnection::rollback() {
  // Some failures (full disk, corruption) have rolled back already.
  if (sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace muster::store
