#include "store/postgres_cursor.h"

#include "base/check.h"

namespace muster::store {

PostgresCursor::PostgresCursor(PostgresConnection& connection,
                               std::shared_ptr<const PostgresStatement> statement)
    : connection_(connection), statement_(std::move(statement)) {
  connection_.running_ = this;
}

PostgresCursor::~PostgresCursor() {
  while (running_)
    if (const auto rest = fetch(); !rest || !*rest) break;
}

Result<ResultPointer> PostgresCursor::finish(Result<ResultPointer> answer) {
  running_ = false;
  connection_.running_ = nullptr;
  // The end of the statement, which the server sends after its last result.
  while (connection_.usable()) {
    const auto rest = connection_.next_result(connection_.timeout_);
    if (!rest || !*rest) break;
  }
  return answer;
}

Result<ResultPointer> PostgresCursor::fetch() {
  auto result = connection_.next_result(connection_.timeout_);
  if (!result || !*result) {
    running_ = false;
    connection_.running_ = nullptr;
    return result;
  }
  switch (PQresultStatus(result->get())) {
    case PGRES_SINGLE_TUPLE:
      return result;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      return finish(ResultPointer());
    default:
      return finish(connection_.failure(result->get(), statement_->sql));
  }
}

void PostgresCursor::set_aside() {
  while (running_) {
    auto row = fetch();
    if (!row)
      error_ = std::move(row).error();
    else if (*row)
      aside_.push_back(*std::move(row));
  }
}

Result<bool> PostgresCursor::next() {
  row_.reset();
  if (!aside_.empty()) {
    row_ = std::move(aside_.front());
    aside_.pop_front();
    return true;
  }
  if (error_) return fail(*error_);
  if (!running_) return false;
  row_ = TRY(fetch());
  return row_ != nullptr;
}

std::string PostgresCursor::column_name(int column) const {
  MUSTER_CHECK(column >= 0 && column < columns());
  return statement_->column_names[static_cast<std::size_t>(column)];
}

ValueView PostgresCursor::value(int column) const {
  MUSTER_CHECK(row_ != nullptr && column >= 0 && column < columns());
  return value_of_column(row_.get(), column, statement_->columns[static_cast<std::size_t>(column)]);
}

}  // namespace muster::store
