// The database as the rest of muster sees it: transactions, statements and rows, with SQLite
// (sqlite.h) or PostgreSQL (postgres.h) behind it. SQL is portable: placeholders are $1 to $n, no
// engine's own functions, types only as migrations.h says. Texts are UTF-8 without NUL, whatever
// the engine would take (kUnstorableText).
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "store/errors.h"
#include "store/value.h"

namespace muster::store {

// What a driver implements for one running query.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual Result<bool> next() = 0;
  virtual int columns() const = 0;
  virtual std::string column_name(int column) const = 0;
  // Valid until the next call of next().
  virtual ValueView value(int column) const = 0;
};

// The rows of a query, one after another. Columns count from 0. Reading a column as another type
// than it has, and NULL where none is expected, is kUnexpectedValue and names the column. Rows end
// before the transaction that they belong to.
class Rows {
 public:
  explicit Rows(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}

  // False after the last row.
  Result<bool> next() { return cursor_->next(); }

  Result<std::int64_t> integer(int column) const;
  Result<bool> boolean(int column) const;
  Result<double> real(int column) const;
  Result<std::string> text(int column) const;
  Result<Bytes> blob(int column) const;
  Result<Timestamp> time(int column) const;

  Result<std::optional<std::int64_t>> maybe_integer(int column) const;
  Result<std::optional<std::string>> maybe_text(int column) const;
  Result<std::optional<Bytes>> maybe_blob(int column) const;
  Result<std::optional<Timestamp>> maybe_time(int column) const;

  // Views end with the next call of next().
  Result<std::string_view> text_view(int column) const;
  Result<ByteView> blob_view(int column) const;

  // Any type, for generic listings.
  Value value(int column) const;
  int columns() const { return cursor_->columns(); }
  std::string column_name(int column) const { return cursor_->column_name(column); }

 private:
  template <typename T>
  Result<T> typed(int column, const char* wanted) const;
  template <typename T>
  Result<std::optional<T>> maybe(int column, const char* wanted) const;

  std::unique_ptr<Cursor> cursor_;
};

using Params = std::span<const Param>;

// A consistent view of the database: all queries of one Reader see the same state.
class Reader {
 public:
  virtual ~Reader() = default;

  Result<Rows> query(std::string_view sql, std::initializer_list<Param> params = {}) {
    return query(sql, Params(params.begin(), params.size()));
  }
  virtual Result<Rows> query(std::string_view sql, Params params) = 0;

  // The first row as decode(Rows&) -> Result<T> makes it, nothing when there is none.
  template <typename Decode>
  auto first(std::string_view sql, std::initializer_list<Param> params, Decode&& decode)
      -> Result<std::optional<typename std::invoke_result_t<Decode, Rows&>::value_type>> {
    Rows rows = TRY(query(sql, params));
    if (!TRY(rows.next())) return std::nullopt;
    return TRY(decode(rows));
  }
  template <typename Decode>
  auto all(std::string_view sql, std::initializer_list<Param> params, Decode&& decode)
      -> Result<std::vector<typename std::invoke_result_t<Decode, Rows&>::value_type>> {
    std::vector<typename std::invoke_result_t<Decode, Rows&>::value_type> out;
    Rows rows = TRY(query(sql, params));
    while (TRY(rows.next())) out.push_back(TRY(decode(rows)));
    return out;
  }
};

// A Reader that also writes. All of it takes effect, or nothing. After a statement that failed the
// transaction is spent, unless that was inside attempt().
class Transaction : public Reader {
 public:
  // Calls work() -> Result<T>. When it fails what it wrote is undone, and the transaction goes on.
  // Rows opened before must have ended.
  template <typename Work>
  auto attempt(Work&& work) -> std::invoke_result_t<Work> {
    TRY(savepoint(Savepoint::Set));
    auto answer = work();
    TRY(savepoint(answer ? Savepoint::Release : Savepoint::Restore));
    return answer;
  }

  // The number of rows changed.
  Result<std::int64_t> run(std::string_view sql, std::initializer_list<Param> params = {}) {
    return run(sql, Params(params.begin(), params.size()));
  }
  virtual Result<std::int64_t> run(std::string_view sql, Params params) = 0;

  // Several statements without placeholders: migrations only.
  virtual Result<void> script(std::string_view sql) = 0;

 protected:
  enum class Savepoint { Set, Release, Restore };
  virtual Result<void> savepoint(Savepoint step) = 0;
};

class Database {
 public:
  virtual ~Database() = default;

  // Calls work(Transaction&) -> Result<T>, commits when it succeeds and rolls back when it or the
  // commit fails. Durable when it returns. One writer at a time; others wait up to the busy
  // timeout (kDatabaseBusy). Not to be called from inside another write() of the same thread.
  // kCommitUnknown: the server went away while it committed, and did not come back to tell.
  template <typename Work>
  auto write(Work&& work) -> std::invoke_result_t<Work, Transaction&> {
    using Answer = std::invoke_result_t<Work, Transaction&>;
    std::optional<Answer> answer;
    Result<void> done = write_with([&](Transaction& transaction) -> Result<void> {
      answer.emplace(work(transaction));
      if (!answer->has_value()) return fail(answer->error());
      return {};
    });
    if (!done) return Failure(std::move(done).error());
    return *std::move(answer);
  }

  // Calls work(Reader&) -> Result<T> on a snapshot. Several readers run beside each other and
  // beside the writer. A snapshot that is held long keeps the write-ahead log from shrinking.
  template <typename Work>
  auto read(Work&& work) -> std::invoke_result_t<Work, Reader&> {
    using Answer = std::invoke_result_t<Work, Reader&>;
    std::optional<Answer> answer;
    Result<void> done = read_with([&](Reader& reader) -> Result<void> {
      answer.emplace(work(reader));
      return {};
    });
    if (!done) return Failure(std::move(done).error());
    return *std::move(answer);
  }

 protected:
  virtual Result<void> write_with(const std::function<Result<void>(Transaction&)>& work) = 0;
  virtual Result<void> read_with(const std::function<Result<void>(Reader&)>& work) = 0;
};

}  // namespace muster::store
