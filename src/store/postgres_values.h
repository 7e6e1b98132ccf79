// PostgreSQL's binary form of values. Internal to the driver.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "store/database.h"

namespace muster::store {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

// A prepared statement, with the types that the server found for its placeholders and columns.
struct PostgresStatement {
  std::string sql;
  std::string name;
  std::vector<Oid> placeholders;
  std::vector<Oid> columns;
  std::vector<std::string> column_names;
};

// What PQsendQueryPrepared wants, binary throughout; views into `params`.
class BoundValues {
 public:
  // Errors: kUnstorableText; kDatabaseFailed when a value does not fit its placeholder.
  static Result<BoundValues> bind(const PostgresStatement& statement, Params params);

  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<Bytes> numbers_;  // reserved once: the values point into it
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Whether value_of_column() reads columns of this type.
bool is_readable(Oid type);

// Row 0 of the result; valid as long as that lives.
ValueView value_of_column(const PGresult* result, int column, Oid type);

}  // namespace muster::store
