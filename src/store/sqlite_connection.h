// One SQLite connection with its prepared statements. Internal to the driver.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

#include "store/database.h"

namespace muster::store {

class SqliteConnection final : public Transaction {
 public:
  enum class Access { Read, Write };

  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& path,
                                                        Access access, Duration busy_timeout,
                                                        std::size_t cache_bytes);
  ~SqliteConnection() override;

  using Reader::query;
  using Transaction::run;
  Result<Rows> query(std::string_view sql, Params params) override;
  Result<std::int64_t> run(std::string_view sql, Params params) override;
  Result<void> script(std::string_view sql) override;
  Result<void> savepoint(Savepoint step) override;

  // BEGIN IMMEDIATE for a writer; for a reader the snapshot is taken by the first query.
  Result<void> begin();
  Result<void> commit();
  void rollback();

 private:
  friend class SqliteCursor;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Statement {
    std::string sql;
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<int> index;  // of $1, $2...
    bool in_use = false;
  };
  using StatementPointer = std::shared_ptr<Statement>;

  SqliteConnection(sqlite3* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  Result<void> configure(Access access, Duration busy_timeout, std::size_t cache_bytes);
  Result<StatementPointer> prepare(std::string_view sql);
  Result<StatementPointer> start(std::string_view sql, Params params, bool copy);
  Result<void> bind(Statement& statement, Params params, bool copy);
  Failure failure(int code, std::string_view doing) const;
  static void finish(Statement& statement);

  sqlite3* handle_;
  std::string name_;
  // Keyed by the statement's own text, so that a look-up needs no copy.
  std::unordered_map<std::string_view, StatementPointer> statements_;
};

// The kind that a result code of SQLite stands for.
const ErrorKind& sqlite_error_kind(int code);

}  // namespace muster::store
