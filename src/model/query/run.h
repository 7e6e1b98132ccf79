// Runs a plan over rows that are handed to it one after another.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/query/condition.h"
#include "model/query/plan.h"

namespace muster::model {

struct Table {
  std::vector<QueryColumn> columns;
  std::vector<Row> rows;
  friend bool operator==(const Table&, const Table&) = default;
};

// Absent values and empty texts first, texts by their bytes, versions by scheme and then by its
// order.
int compare_values(const Value& a, const Value& b);

inline constexpr std::size_t kMostResultRows = 1'000'000;

class QueryRun {
 public:
  // `plan` outlives it. More than `row_limit` rows or groups held at once are an error: an answer
  // is never cut off unsaid.
  QueryRun(const Plan& plan, Timestamp now, std::size_t row_limit = kMostResultRows);

  // `row`: the device's name, then the columns of the class. It must have passed plan.filters;
  // only columns that plan.uses need be there. It stands for `times` equal rows.
  // Error: kQueryTooLarge.
  Result<void> add(RowView row, std::uint64_t times = 1);

  // No further row can change the result.
  bool complete() const { return complete_; }

  Result<Table> finish() &&;

 private:
  struct Group {
    Row key;
    std::int64_t count = 0;
  };
  // What a step holds back until all rows are in.
  struct Held {
    std::map<std::string, Group> groups;
    std::vector<Row> rows;
    std::uint64_t passed = 0;
  };

  Result<void> push(std::size_t step, Row row, std::uint64_t times);
  Result<void> push_once(std::size_t step, Row row);
  Result<void> count(std::size_t step, const GroupStep& group, const Row& row, std::uint64_t times);
  Result<void> flush(std::size_t step);
  Result<void> check_size(std::size_t rows) const;

  const Plan& plan_;
  Timestamp now_;
  std::size_t row_limit_;
  std::vector<Held> held_;  // one per step
  std::vector<Row> result_;
  bool complete_ = false;
};

}  // namespace muster::model
