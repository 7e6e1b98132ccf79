#include "fleet/row_selector.h"

#include <algorithm>

namespace muster::fleet {
namespace {

const model::Value kAbsent;

}  // namespace

bool reads_shared_only(const RowTable& table, const model::BoundExpression& filter) {
  std::vector<bool> reads(table.type().columns.size() + 1);
  mark_columns(filter, reads);
  return !reads[model::kDeviceColumn] &&
         std::ranges::none_of(table.own_columns(),
                              [&](std::size_t column) { return reads[column + 1]; });
}

RowSelector::RowSelector(const RowTable& table, const std::vector<model::BoundExpression>& filters,
                         Timestamp now, Verdicts verdicts)
    : table_(table),
      now_(now),
      view_(table.type().columns.size() + 1, &kAbsent),
      own_(table.type().columns.size()),
      verdicts_(verdicts == Verdicts::Kept ? table.slots() : 0) {
  for (const model::BoundExpression& filter : filters)
    (reads_shared_only(table, filter) ? shared_filters_ : own_filters_).push_back(&filter);
}

bool RowSelector::passes(const Filters& filters) const {
  return std::ranges::all_of(filters, [&](const model::BoundExpression* filter) {
    return model::test(*filter, view_, now_) == model::Truth::Yes;
  });
}

bool RowSelector::test_shared(RowNumber row) {
  const model::Row& values = table_.shared(row);
  for (std::size_t i = 0; i < values.size(); ++i) view_[i + 1] = &values[i];
  return passes(shared_filters_);
}

bool RowSelector::select_shared(RowNumber row) {
  view_[model::kDeviceColumn] = &kAbsent;
  return test_shared(row);
}

bool RowSelector::select(const model::Value& device_name, const Instance& instance) {
  if (!verdicts_.empty()) {
    Verdict& verdict = verdicts_[instance.row];
    if (verdict == Verdict::No) return false;
    if (verdict == Verdict::Open) verdict = test_shared(instance.row) ? Verdict::Yes : Verdict::No;
    if (verdict == Verdict::No) return false;
    const model::Row& values = table_.shared(instance.row);
    for (std::size_t i = 0; i < values.size(); ++i) view_[i + 1] = &values[i];
  } else if (!test_shared(instance.row)) {
    return false;
  }
  view_[model::kDeviceColumn] = &device_name;
  if (!table_.own_columns().empty()) {
    table_.read_own(instance, own_);
    for (const std::size_t column : table_.own_columns()) view_[column + 1] = &own_[column];
  }
  return passes(own_filters_);
}

}  // namespace muster::fleet
