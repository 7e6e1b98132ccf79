// Runs a plan over rows that are handed to it one after another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/query/condition.h"
#include "model/query/join_table.h"
#include "model/query/plan.h"
#include "model/query/values.h"

namespace muster::model {

struct Table {
  std::vector<QueryColumn> columns;
  std::vector<Row> rows;
  friend bool operator==(const Table&, const Table&) = default;
};

inline constexpr std::size_t kMostResultRows = 1'000'000;
inline constexpr std::uint64_t kMostJoinedRows = 100'000'000;

inline constexpr std::size_t kEverything = SIZE_MAX;

// Which steps of the plan are run, and how far.
struct RunBounds {
  std::size_t first_step = 0;
  std::size_t last_step = kEverything;  // the first that is left out
  // More rows or groups held at once are an error: an answer is never cut off unsaid.
  std::size_t row_limit = kMostResultRows;
  std::uint64_t joined_limit = kMostJoinedRows;
  std::size_t rows_wanted = kEverything;  // no more of the result's rows are asked for
};

class QueryRun {
 public:
  // All rows at the right of the join that is step `step` of the plan. It is asked once, when the
  // first row comes to the join.
  using RightSide = std::function<Result<std::vector<Row>>(std::size_t step)>;

  // `plan` outlives it.
  QueryRun(const Plan& plan, Timestamp now, RunBounds bounds, RightSide right);

  // `row`: the device's name, then the columns of the class. It must have passed plan.filters;
  // only columns that plan.uses need be there. It stands for `times` equal rows.
  // Error: kQueryTooLarge, those of the right sides.
  Result<void> add(RowView row, std::uint64_t times = 1);
  // A row as it comes to the first step of the bounds.
  Result<void> add(Row row);

  // No further row can change the result.
  bool complete() const { return complete_; }

  Result<std::vector<Row>> finish() &&;

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
    std::optional<JoinTable> right;
  };

  Held& held(std::size_t step);
  Result<void> push(std::size_t step, Row row);
  Result<void> count(std::size_t step, const GroupStep& group, const Row& row, std::uint64_t times);
  Result<void> join(std::size_t step, const JoinStep& join, const Row& row);
  Result<void> flush(std::size_t step);
  Result<void> check_size(std::size_t rows) const;

  const Plan& plan_;
  Timestamp now_;
  RunBounds bounds_;
  RightSide right_;
  std::size_t end_;
  std::vector<Held> held_;  // one per step within the bounds
  std::vector<Row> result_;
  std::uint64_t joined_ = 0;
  bool complete_ = false;
};

}  // namespace muster::model
