// The filters of a plan applied to rows: what only the Shared columns decide is decided once per
// distinct row.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/row_table.h"
#include "model/query/condition.h"
#include "model/query/plan.h"

namespace muster::fleet {

// Whether the device's name and the columns of its own are nothing to the filter.
bool reads_shared_only(const RowTable& table, const model::BoundExpression& filter);

class RowSelector {
 public:
  // Kept verdicts cost a byte per distinct row: worth it for many devices, not for one.
  enum class Verdicts { Once, Kept };

  // `table` and `filters` outlive it; the table does not change meanwhile. A row is selected when
  // all filters hold.
  RowSelector(const RowTable& table, const std::vector<model::BoundExpression>& filters,
              Timestamp now, Verdicts verdicts);

  bool select(const model::Value& device_name, const Instance& instance);
  // For filters that read Shared columns only.
  bool select_shared(RowNumber row);

  // The row that was selected last: the device's name, then the columns of the class.
  model::RowView view() const { return view_; }

 private:
  enum class Verdict : std::uint8_t { Open, No, Yes };
  bool test_shared(RowNumber row);

  const RowTable& table_;
  Timestamp now_;
  using Filters = std::vector<const model::BoundExpression*>;
  bool passes(const Filters& filters) const;
  Filters shared_filters_;
  Filters own_filters_;
  std::vector<const model::Value*> view_;
  model::Row own_;  // the values of own columns that the view shows
  std::vector<Verdict> verdicts_;
};

}  // namespace muster::fleet
