// The rows of one query on their way from PostgreSQL. Internal to the driver.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "store/postgres_connection.h"

namespace muster::store {

// Rows come one by one as they arrive, so that a large table needs no memory. A connection serves
// one query at a time: when another begins, what is left of this one is set aside in memory.
class PostgresCursor final : public Cursor {
 public:
  PostgresCursor(PostgresConnection& connection,
                 std::shared_ptr<const PostgresStatement> statement);
  ~PostgresCursor() override;

  Result<bool> next() override;
  int columns() const override { return static_cast<int>(statement_->columns.size()); }
  std::string column_name(int column) const override;
  ValueView value(int column) const override;

  void set_aside();

 private:
  // The next row from the server, nothing after the last one.
  Result<ResultPointer> fetch();
  Result<ResultPointer> finish(Result<ResultPointer> answer);

  PostgresConnection& connection_;
  std::shared_ptr<const PostgresStatement> statement_;
  bool running_ = true;
  ResultPointer row_;
  std::deque<ResultPointer> aside_;
  std::optional<Error> error_;  // met while rows were set aside; told after them
};

}  // namespace muster::store
