#include "model/query/run.h"

#include <algorithm>

#include "base/byte_writer.h"
#include "model/errors.h"

namespace muster::model {
namespace {

std::vector<const Value*> view_of(const Row& row) {
  std::vector<const Value*> out;
  out.reserve(row.size());
  for (const Value& value : row) out.push_back(&value);
  return out;
}

// Equal values, equal bytes.
void append_key(ByteWriter& key, const Value& value) {
  key.u8(static_cast<std::uint8_t>(value.index()));
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    key.u64(static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    key.sized(*text);
  } else if (const auto* version = std::get_if<Version>(&value)) {
    key.u8(static_cast<std::uint8_t>(version->scheme));
    key.sized(version->text);
  }
}

// An empty text is an absent one to KQL: one group, not two.
Value group_value(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->empty() ? Value() : value;
}

int compare_keys(const std::vector<SortKey>& keys, const Row& a, const Row& b) {
  for (const SortKey& key : keys) {
    const int order = compare_values(a[key.column], b[key.column]);
    if (order != 0) return key.direction == Direction::Ascending ? order : -order;
  }
  return 0;
}

// Groups come out in the order of their keys, so that equal questions get equal answers; versions
// that only differ in spelling still have their places.
int compare_rows(const Row& a, const Row& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const int order = compare_values(a[i], b[i]); order != 0) return order;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const auto* version = std::get_if<Version>(&a[i]))
      if (const int order = version->text.compare(std::get<Version>(b[i]).text); order != 0)
        return order;
  return 0;
}

}  // namespace

int compare_values(const Value& a, const Value& b) {
  const auto absent = [](const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return value.index() == 0 || (text != nullptr && text->empty());
  };
  if (absent(a) || absent(b)) return static_cast<int>(absent(b)) - static_cast<int>(absent(a));
  if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
  if (const auto* number = std::get_if<std::int64_t>(&a)) {
    const std::int64_t other = std::get<std::int64_t>(b);
    return (*number > other) - (*number < other);
  }
  if (const auto* text = std::get_if<std::string>(&a))
    return text->compare(std::get<std::string>(b));
  const auto& one = std::get<Version>(a);
  const auto& two = std::get<Version>(b);
  if (one.scheme != two.scheme) return one.scheme < two.scheme ? -1 : 1;
  return compare_versions(one.scheme, one.text, two.text);
}

QueryRun::QueryRun(const Plan& plan, Timestamp now, std::size_t row_limit)
    : plan_(plan), now_(now), row_limit_(row_limit), held_(plan.steps.size()) {}

Result<void> QueryRun::check_size(std::size_t rows) const {
  if (rows > row_limit_)
    return fail(kQueryTooLarge, "the query of {} has over {} rows at once", plan_.source->name,
                row_limit_);
  return {};
}

Result<void> QueryRun::add(RowView row, std::uint64_t times) {
  Row copy(row.size());
  for (std::size_t i = 0; i < row.size(); ++i)
    if (plan_.uses[i]) copy[i] = *row[i];
  return push(0, std::move(copy), times);
}

Result<void> QueryRun::count(std::size_t step, const GroupStep& group, const Row& row,
                             std::uint64_t times) {
  ByteWriter key;
  Row values;
  for (const std::size_t column : group.by) {
    values.push_back(group_value(row[column]));
    append_key(key, values.back());
  }
  auto& groups = held_[step].groups;
  Group& found = groups[std::move(key).take()];
  if (found.count == 0) found.key = std::move(values);
  found.count += static_cast<std::int64_t>(times);
  return check_size(groups.size());
}

Result<void> QueryRun::push(std::size_t step, Row row, std::uint64_t times) {
  if (times == 1) return push_once(step, std::move(row));
  // Only a count takes many at once.
  if (step < plan_.steps.size())
    if (const auto* group = std::get_if<GroupStep>(&plan_.steps[step]))
      return count(step, *group, row, times);
  for (std::uint64_t i = 0; i < times && !complete_; ++i) TRY(push_once(step, row));
  return {};
}

Result<void> QueryRun::push_once(std::size_t step, Row row) {
  for (; step < plan_.steps.size(); ++step) {
    const PlanStep& what = plan_.steps[step];
    if (const auto* filter = std::get_if<FilterStep>(&what)) {
      if (test(filter->condition, view_of(row), now_) != Truth::Yes) return {};
    } else if (const auto* keep = std::get_if<KeepStep>(&what)) {
      Row kept;
      for (const std::size_t column : keep->columns) kept.push_back(row[column]);
      row = std::move(kept);
    } else if (const auto* first = std::get_if<FirstStep>(&what)) {
      std::uint64_t& passed = held_[step].passed;
      // Rows come here one by one only where no step before holds them back.
      if (passed < first->rows)
        ++passed;
      else
        return {};
      complete_ = passed == first->rows;
    } else if (const auto* group = std::get_if<GroupStep>(&what)) {
      return count(step, *group, row, 1);
    } else {
      held_[step].rows.push_back(std::move(row));
      return check_size(held_[step].rows.size());
    }
  }
  result_.push_back(std::move(row));
  return check_size(result_.size());
}

Result<void> QueryRun::flush(std::size_t step) {
  std::vector<Row> rows;
  if (const auto* group = std::get_if<GroupStep>(&plan_.steps[step])) {
    for (auto& [bytes, found] : held_[step].groups) {
      rows.push_back(std::move(found.key));
      rows.back().emplace_back(found.count);
    }
    if (rows.empty() && group->by.empty()) rows.push_back({Value(std::int64_t{0})});
    std::ranges::sort(rows, [](const Row& a, const Row& b) { return compare_rows(a, b) < 0; });
  } else if (const auto* sort = std::get_if<SortStep>(&plan_.steps[step])) {
    rows = std::move(held_[step].rows);
    std::ranges::stable_sort(
        rows, [&](const Row& a, const Row& b) { return compare_keys(sort->keys, a, b) < 0; });
  }
  held_[step] = {};
  for (Row& row : rows) TRY(push_once(step + 1, std::move(row)));
  return {};
}

Result<Table> QueryRun::finish() && {
  for (std::size_t step = 0; step < plan_.steps.size(); ++step) TRY(flush(step));
  return Table{plan_.columns, std::move(result_)};
}

}  // namespace muster::model
