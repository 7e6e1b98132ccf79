#include "model/query/plan.h"

#include <algorithm>

namespace muster::model {
namespace {

// What a step needs of the rows that come to it, from what is needed of those that leave it.
struct NeededBefore {
  std::vector<bool> needed;

  std::vector<bool> operator()(const FilterStep& filter) {
    mark_columns(filter.condition, needed);
    return std::move(needed);
  }
  std::vector<bool> operator()(const KeepStep& keep) {
    std::vector<bool> before(width);
    for (std::size_t i = 0; i < keep.columns.size(); ++i)
      if (needed[i]) before[keep.columns[i]] = true;
    return before;
  }
  std::vector<bool> operator()(const GroupStep& group) {
    std::vector<bool> before(width);
    for (const std::size_t column : group.by) before[column] = true;
    return before;
  }
  std::vector<bool> operator()(const SortStep& sort) {
    for (const SortKey& key : sort.keys) needed[key.column] = true;
    return std::move(needed);
  }
  std::vector<bool> operator()(const FirstStep&) { return std::move(needed); }
  std::vector<bool> operator()(const TopStep& top) {
    for (const SortKey& key : top.keys) needed[key.column] = true;
    return std::move(needed);
  }
  std::vector<bool> operator()(JoinStep& join) {
    const auto left = static_cast<std::ptrdiff_t>(join.left_columns);
    std::vector<bool> right(join.right->columns.size());
    if (join.kind == JoinKind::Inner) right.assign(needed.begin() + left, needed.end());
    needed.resize(join.left_columns);
    for (const JoinKey& key : join.keys) {
      needed[key.left] = true;
      right[key.right] = true;
    }
    auto narrowed = std::make_shared<Plan>(*join.right);
    mark_uses(*narrowed, std::move(right));
    join.right = std::move(narrowed);
    return std::move(needed);
  }

  std::size_t width;  // of the rows that come to the step
};

std::size_t width_behind(const PlanStep& step, std::size_t width) {
  if (const auto* keep = std::get_if<KeepStep>(&step)) return keep->columns.size();
  if (const auto* group = std::get_if<GroupStep>(&step))
    return group->by.size() + (group->counted ? 1 : 0);
  if (const auto* join = std::get_if<JoinStep>(&step); join && join->kind == JoinKind::Inner)
    return width + join->right->columns.size();
  return width;
}

}  // namespace

bool Plan::is_decided_by_filters() const {
  return std::ranges::all_of(steps, [](const PlanStep& step) {
    return std::holds_alternative<KeepStep>(step) || std::holds_alternative<SortStep>(step);
  });
}

void mark_columns(const BoundExpression& expression, std::vector<bool>& columns) {
  if (expression.kind == Expression::Kind::Condition) columns[expression.condition.column] = true;
  for (const BoundExpression& part : expression.parts) mark_columns(part, columns);
}

void mark_uses(Plan& plan, std::vector<bool> needed) {
  std::vector<std::size_t> widths = {plan.source->columns.size() + 1};
  for (const PlanStep& step : plan.steps) widths.push_back(width_behind(step, widths.back()));
  for (std::size_t i = plan.steps.size(); i > 0; --i)
    needed = std::visit(NeededBefore{std::move(needed), widths[i - 1]}, plan.steps[i - 1]);
  plan.uses = std::move(needed);
}

}  // namespace muster::model
