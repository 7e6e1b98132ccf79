#include "model/query/run.h"

#include <algorithm>

#include "model/errors.h"

namespace muster::model {
namespace {

std::vector<const Value*> view_of(const Row& row) {
  std::vector<const Value*> out;
  out.reserve(row.size());
  for (const Value& value : row) out.push_back(&value);
  return out;
}

// Enough rows that it pays to sort them and let those go that are not among the first.
bool is_worth_cutting(const TopStep& top, std::size_t rows) {
  constexpr std::size_t kFewRows = 1024;
  return rows >= kFewRows && rows / 2 >= top.rows;
}

void cut_to_top(const TopStep& top, std::vector<Row>& rows) {
  std::ranges::stable_sort(
      rows, [&](const Row& a, const Row& b) { return compare_by_keys(top.keys, a, b) < 0; });
  if (rows.size() > top.rows) rows.resize(top.rows);
}

}  // namespace

QueryRun::QueryRun(const Plan& plan, Timestamp now, RunBounds bounds, RightSide right)
    : plan_(plan),
      now_(now),
      bounds_(bounds),
      right_(std::move(right)),
      end_(std::min(bounds.last_step, plan.steps.size())),
      held_(end_ - std::min(bounds.first_step, end_)) {}

Result<void> QueryRun::check_size(std::size_t rows) const {
  if (rows > bounds_.row_limit)
    return fail(kQueryTooLarge, "the query of {} has over {} rows at once", plan_.source->name,
                bounds_.row_limit);
  return {};
}

QueryRun::Held& QueryRun::held(std::size_t step) { return held_[step - bounds_.first_step]; }

Result<void> QueryRun::add(RowView row, std::uint64_t times) {
  Row copy(row.size());
  for (std::size_t i = 0; i < row.size(); ++i)
    if (plan_.uses[i]) copy[i] = *row[i];
  const std::size_t first = bounds_.first_step;
  if (times == 1) return push(first, std::move(copy));
  // Only a group takes many at once.
  if (first < end_)
    if (const auto* group = std::get_if<GroupStep>(&plan_.steps[first]))
      return count(first, *group, copy, times);
  for (std::uint64_t i = 0; i < times && !complete_; ++i) TRY(push(first, copy));
  return {};
}

Result<void> QueryRun::add(Row row) { return push(bounds_.first_step, std::move(row)); }

Result<void> QueryRun::count(std::size_t step, const GroupStep& group, const Row& row,
                             std::uint64_t times) {
  auto& groups = held(step).groups;
  Group& found = groups[group_key(row, group.by)];
  if (found.count == 0)
    for (const std::size_t column : group.by) found.key.push_back(group_value(row[column]));
  found.count += static_cast<std::int64_t>(times);
  return check_size(groups.size());
}

Result<void> QueryRun::join(std::size_t step, const JoinStep& join, const Row& row) {
  auto& table = held(step).right;
  if (!table) table.emplace(join.keys, TRY(right_(step)));
  const auto matches = table->matching(join.keys, row);
  if (join.kind == JoinKind::LeftAnti)
    return matches.empty() ? push(step + 1, row) : Result<void>();
  for (const Row& match : matches) {
    if (result_.size() >= bounds_.rows_wanted) return {};
    if (++joined_ > bounds_.joined_limit)
      return fail(kQueryTooLarge, "a join of the query of {} makes over {} rows",
                  plan_.source->name, bounds_.joined_limit);
    Row both;
    both.reserve(row.size() + match.size());
    both.insert(both.end(), row.begin(), row.end());
    both.insert(both.end(), match.begin(), match.end());
    TRY(push(step + 1, std::move(both)));
  }
  return {};
}

Result<void> QueryRun::push(std::size_t step, Row row) {
  for (; step < end_; ++step) {
    const PlanStep& what = plan_.steps[step];
    if (const auto* filter = std::get_if<FilterStep>(&what)) {
      if (test(filter->condition, view_of(row), now_) != Truth::Yes) return {};
    } else if (const auto* keep = std::get_if<KeepStep>(&what)) {
      Row kept;
      kept.reserve(keep->columns.size());
      for (const std::size_t column : keep->columns) kept.push_back(row[column]);
      row = std::move(kept);
    } else if (const auto* first = std::get_if<FirstStep>(&what)) {
      std::uint64_t& passed = held(step).passed;
      // Rows come here one by one only where no step before holds them back.
      if (passed < first->rows)
        ++passed;
      else
        return {};
      complete_ = passed == first->rows;
    } else if (const auto* group = std::get_if<GroupStep>(&what)) {
      return count(step, *group, row, 1);
    } else if (const auto* joined = std::get_if<JoinStep>(&what)) {
      return join(step, *joined, row);
    } else {
      std::vector<Row>& rows = held(step).rows;
      rows.push_back(std::move(row));
      if (const auto* top = std::get_if<TopStep>(&what); top && is_worth_cutting(*top, rows.size()))
        cut_to_top(*top, rows);
      return check_size(rows.size());
    }
  }
  result_.push_back(std::move(row));
  complete_ = complete_ || result_.size() >= bounds_.rows_wanted;
  return check_size(result_.size());
}

Result<void> QueryRun::flush(std::size_t step) {
  std::vector<Row> rows = std::move(held(step).rows);
  if (const auto* group = std::get_if<GroupStep>(&plan_.steps[step])) {
    for (auto& [bytes, found] : held(step).groups) {
      rows.push_back(std::move(found.key));
      if (group->counted) rows.back().emplace_back(found.count);
    }
    if (rows.empty() && group->by.empty()) rows.push_back({Value(std::int64_t{0})});
    std::ranges::sort(rows, [](const Row& a, const Row& b) { return compare_rows(a, b) < 0; });
  } else if (const auto* sort = std::get_if<SortStep>(&plan_.steps[step])) {
    std::ranges::stable_sort(
        rows, [&](const Row& a, const Row& b) { return compare_by_keys(sort->keys, a, b) < 0; });
  } else if (const auto* top = std::get_if<TopStep>(&plan_.steps[step])) {
    cut_to_top(*top, rows);
  }
  held(step) = {};
  for (Row& row : rows) TRY(push(step + 1, std::move(row)));
  return {};
}

Result<std::vector<Row>> QueryRun::finish() && {
  for (std::size_t step = bounds_.first_step; step < end_; ++step) TRY(flush(step));
  return std::move(result_);
}

}  // namespace muster::model
