// One connection to PostgreSQL with its prepared statements. Internal to the driver.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/postgres_values.h"

namespace muster::store {

// libpq's keywords with their values, and how the server is called in errors.
struct PostgresTarget {
  std::vector<std::pair<std::string, std::string>> keywords;
  std::string name;
  std::int64_t writers_lock;  // an advisory lock of the database
  Duration connect_timeout;
  Duration answer_timeout;
};

class PostgresCursor;

// Every wait has a deadline; a server that lets it pass counts as away.
class PostgresConnection final : public Transaction {
 public:
  static Result<std::unique_ptr<PostgresConnection>> connect(const PostgresTarget& target,
                                                             const Clock& clock);
  ~PostgresConnection() override;

  using Reader::query;
  using Transaction::run;
  Result<Rows> query(std::string_view sql, Params params) override;
  Result<std::int64_t> run(std::string_view sql, Params params) override;
  Result<void> script(std::string_view sql) override;
  Result<void> savepoint(Savepoint step) override;

  // Waits for other writers, in whatever process they are.
  Result<void> begin_write();
  Result<void> begin_read();
  Result<void> commit();
  void rollback();

  // False once the connection broke: nothing will work on it any more.
  bool usable() const { return !broken_ && PQstatus(handle_) == CONNECTION_OK; }
  // Of the last begin_write(), for asking what became of it.
  const std::string& transaction_id() const { return transaction_id_; }

 private:
  friend class PostgresCursor;
  using StatementPointer = std::shared_ptr<const PostgresStatement>;

  PostgresConnection(PGconn* handle, const PostgresTarget& target, const Clock& clock)
      : handle_(handle),
        name_(target.name),
        writers_lock_(target.writers_lock),
        timeout_(target.answer_timeout),
        clock_(&clock) {}
  Result<void> finish_connecting(Duration timeout);
  Result<void> check_server() const;
  Result<void> wait_for_socket(bool writing, Duration deadline);
  Result<StatementPointer> prepare(std::string_view sql);
  Result<void> send(const PostgresStatement& statement, Params params);
  // Nothing after the last result of a statement.
  Result<ResultPointer> next_result(Duration timeout);
  // The last result; an error when any of them is one.
  Result<ResultPointer> all_results(std::string_view sql, Duration timeout);
  Result<ResultPointer> simple(const std::string& sql, Duration timeout);
  // Reads what a running query still has to give, so that the connection is free for another.
  Result<void> set_aside_rows();
  Failure failure(const PGresult* result, std::string_view doing) const;
  Failure lost(std::string_view doing);

  PGconn* handle_;
  std::string name_;
  std::int64_t writers_lock_;
  Duration timeout_;
  const Clock* clock_;
  bool broken_ = false;
  PostgresCursor* running_ = nullptr;
  std::uint64_t statement_count_ = 0;
  std::string transaction_id_;
  // Keyed by the statement's own text, so that a look-up needs no copy.
  std::unordered_map<std::string_view, StatementPointer> statements_;
};

}  // namespace muster::store
