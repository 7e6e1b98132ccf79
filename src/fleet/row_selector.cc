#include "fleet/row_selector.h"

#include <algorithm>

#include "model/query/calendar.h"

namespace muster::fleet {

using model::BoundCondition;
using model::BoundExpression;
using model::Comparison;
using model::Expression;

namespace {

const model::Value kAbsent;

// The columns of the class that the filter reads.
std::vector<std::size_t> columns_of(const RowTable& table, const BoundExpression& filter) {
  std::vector<bool> reads(table.type().columns.size() + 1);
  mark_columns(filter, reads);
  std::vector<std::size_t> out;
  for (std::size_t i = 1; i < reads.size(); ++i)
    if (reads[i]) out.push_back(i - 1);
  return out;
}

// The numbers for which a comparison with one holds, where that is one range.
std::optional<std::pair<std::int64_t, std::int64_t>> range_of(const BoundCondition& condition,
                                                              Timestamp now) {
  const auto number = [&](std::size_t i) {
    const model::BoundLiteral& literal = condition.literals[i];
    return literal.from_now ? model::time_of(*literal.from_now, now).ms : literal.number;
  };
  switch (condition.comparison) {
    case Comparison::Equal:
      return std::pair(number(0), number(0));
    case Comparison::Less:
      if (number(0) == INT64_MIN) return std::nullopt;
      return std::pair(INT64_MIN, number(0) - 1);
    case Comparison::LessOrEqual:
      return std::pair(INT64_MIN, number(0));
    case Comparison::Greater:
      if (number(0) == INT64_MAX) return std::nullopt;
      return std::pair(number(0) + 1, INT64_MAX);
    case Comparison::GreaterOrEqual:
      return std::pair(number(0), INT64_MAX);
    case Comparison::Between:
      return std::pair(number(0), number(1));
    default:
      return std::nullopt;
  }
}

// A text that the class's name column must equal, where a filter asks for it.
const std::string* wanted_name(const RowTable& table, const std::vector<BoundExpression>& filters) {
  for (const BoundExpression& filter : filters)
    if (filter.kind == Expression::Kind::Condition && table.name_column() &&
        filter.condition.type == model::ColumnType::Text &&
        filter.condition.comparison == Comparison::Equal &&
        filter.condition.column == *table.name_column() + 1)
      return &filter.condition.literals[0].text;
  return nullptr;
}

}  // namespace

bool reads_shared_only(const RowTable& table, const BoundExpression& filter) {
  std::vector<bool> reads(table.type().columns.size() + 1);
  mark_columns(filter, reads);
  return !reads[model::kDeviceColumn] &&
         std::ranges::none_of(table.own_columns(),
                              [&](std::size_t column) { return reads[column + 1]; });
}

RowSelector::RowSelector(const RowTable& table, const std::vector<BoundExpression>& filters,
                         Timestamp now, Verdicts verdicts)
    : table_(table),
      now_(now),
      keeps_(verdicts == Verdicts::Kept),
      view_(table.type().columns.size() + 1, &kAbsent),
      own_(table.type().columns.size()) {
  for (std::size_t i = 0; i < table.type().columns.size(); ++i)
    if (table.type().columns[i].kind == model::ColumnKind::Shared) shared_columns_.push_back(i);
  view_[model::kDeviceColumn] = &name_;
  for (const std::size_t column : table.own_columns()) view_[column + 1] = &own_[column];
  for (const BoundExpression& filter : filters) {
    if (!reads_shared_only(table, filter)) {
      add_own(filter);
      continue;
    }
    SharedFilter& added = shared_filters_.emplace_back();
    added.filter = &filter;
    added.columns = columns_of(table, filter);
    if (keeps_ && added.columns.size() == 1)
      added.by_value.resize(table.value_slots(added.columns[0]), Verdict::Open);
  }
  if (keeps_ && !shared_filters_.empty()) verdicts_.resize(table.slots(), Verdict::Open);
}

void RowSelector::add_own(const BoundExpression& filter) {
  const auto& own = table_.own_columns();
  const BoundCondition& condition = filter.condition;
  if (filter.kind == Expression::Kind::Condition && condition.column != model::kDeviceColumn &&
      condition.type != model::ColumnType::Text && condition.type != model::ColumnType::Version) {
    const auto found = std::ranges::find(own, condition.column - 1);
    const auto range = range_of(condition, now_);
    if (found != own.end() && range) {
      own_ranges_.push_back(
          {static_cast<std::size_t>(found - own.begin()), range->first, range->second});
      return;
    }
  }
  own_filters_.push_back(&filter);
}

bool RowSelector::test_shared(SharedFilter& filter, RowNumber row) {
  if (filter.by_value.empty()) {
    show(row, filter.columns);
    return test(*filter.filter);
  }
  Verdict& verdict = filter.by_value[table_.value_number(row, filter.columns[0])];
  if (verdict == Verdict::Open) {
    show(row, filter.columns);
    verdict = test(*filter.filter) ? Verdict::Yes : Verdict::No;
  }
  return verdict == Verdict::Yes;
}

bool RowSelector::select_shared(RowNumber row) {
  if (!verdicts_.empty() && verdicts_[row] != Verdict::Open) return verdicts_[row] == Verdict::Yes;
  const bool holds = std::ranges::all_of(
      shared_filters_, [&](SharedFilter& filter) { return test_shared(filter, row); });
  if (!verdicts_.empty()) verdicts_[row] = holds ? Verdict::Yes : Verdict::No;
  return holds;
}

bool RowSelector::select(std::string_view device_name, RowNumber row, const OwnRows* own,
                         std::size_t place) {
  if ((own != nullptr && !may_select(*own, place)) || !select_shared(row)) return false;
  for (const OwnRange& range : own_ranges_)
    if (own == nullptr || own->is_absent(range.own_column, place)) return false;
  std::get<std::string>(name_) = device_name;
  show(row, shared_columns_);
  if (own != nullptr) own->read(table_, place, own_);
  return std::ranges::all_of(own_filters_,
                             [&](const BoundExpression* filter) { return test(*filter); });
}

std::vector<RowNumber> matching_rows(const RowTable& table,
                                     const std::vector<BoundExpression>& filters, Timestamp now) {
  std::vector<RowNumber> out;
  if (const std::string* name = wanted_name(table, filters)) {
    RowSelector selector(table, filters, now, RowSelector::Verdicts::Once);
    for (const RowNumber row : table.named(*name))
      if (selector.select_shared(row)) out.push_back(row);
    return out;
  }
  RowSelector selector(table, filters, now, RowSelector::Verdicts::Kept);
  for (RowNumber row = 0; row < table.slots(); ++row)
    if (table.instances(row) > 0 && selector.select_shared(row)) out.push_back(row);
  return out;
}

}  // namespace muster::fleet
