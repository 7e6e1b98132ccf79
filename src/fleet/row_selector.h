// The filters of a plan applied to rows: what only the Shared columns decide is decided once per
// distinct row, and what one such column decides once per value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fleet/own_rows.h"
#include "fleet/row_table.h"
#include "model/query/condition.h"
#include "model/query/plan.h"

namespace muster::fleet {

// Whether the device's name and the columns of its own are nothing to the filter.
bool reads_shared_only(const RowTable& table, const model::BoundExpression& filter);

class RowSelector {
 public:
  // What is found out is kept for many rows, at a byte per distinct row and value; not for a few.
  enum class Verdicts { Once, Kept };

  // `table` and `filters` outlive it; the table does not change meanwhile. A row is selected when
  // all filters hold.
  RowSelector(const RowTable& table, const std::vector<model::BoundExpression>& filters,
              Timestamp now, Verdicts verdicts);

  // Whether its own numbers are such that select() is worth asking.
  bool may_select(const OwnRows& own, std::size_t place) const {
    for (const OwnRange& range : own_ranges_) {
      const std::int64_t number = own.number(range.own_column, place);
      if (number < range.lowest || number > range.highest) return false;
    }
    return true;
  }
  // `own` and `place`: where the row's own values stand, null if it has none.
  bool select(std::string_view device_name, RowNumber row, const OwnRows* own, std::size_t place);
  // Whether the filters hold that read Shared columns only.
  bool select_shared(RowNumber row);

  // The row that was selected last: the device's name, then the columns of the class.
  model::RowView view() const { return view_; }
  // The Shared columns of a row, all others absent.
  model::RowView view_of(RowNumber row) {
    show(row, shared_columns_);
    return view_;
  }

 private:
  enum class Verdict : std::uint8_t { Open, No, Yes };
  struct SharedFilter {
    const model::BoundExpression* filter;
    std::vector<std::size_t> columns;  // that it reads
    std::vector<Verdict> by_value;     // where it reads one
  };
  // A range of one own column of numbers, ends included.
  struct OwnRange {
    std::size_t own_column;
    std::int64_t lowest;
    std::int64_t highest;
  };

  void add_own(const model::BoundExpression& filter);
  bool test(const model::BoundExpression& filter) const {
    return model::test(filter, view_, now_) == model::Truth::Yes;
  }
  void show(RowNumber row, const std::vector<std::size_t>& columns) {
    for (const std::size_t column : columns) view_[column + 1] = &table_.value(row, column);
  }
  bool test_shared(SharedFilter& filter, RowNumber row);

  const RowTable& table_;
  Timestamp now_;
  bool keeps_;
  std::vector<SharedFilter> shared_filters_;
  std::vector<OwnRange> own_ranges_;
  std::vector<const model::BoundExpression*> own_filters_;
  std::vector<std::size_t> shared_columns_;
  std::vector<const model::Value*> view_;
  model::Value name_ = std::string();
  model::Row own_;                 // the values of own columns that the view shows
  std::vector<Verdict> verdicts_;  // by row
};

// The distinct rows for which the filters hold that read Shared columns only, in any order.
std::vector<RowNumber> matching_rows(const RowTable& table,
                                     const std::vector<model::BoundExpression>& filters,
                                     Timestamp now);

}  // namespace muster::fleet
