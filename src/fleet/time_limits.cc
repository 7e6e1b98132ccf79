#include "fleet/time_limits.h"

#include <algorithm>

#include "base/check.h"

namespace muster::fleet {
namespace {

using model::BoundExpression;

bool asks_for_clock(const BoundExpression& expression) {
  return std::ranges::any_of(expression.condition.literals,
                             [](const auto& literal) { return literal.from_now.has_value(); }) ||
         std::ranges::any_of(expression.parts, asks_for_clock);
}

// `expression` is about rows of the class at `place`.
void collect(std::size_t place, const BoundExpression& expression, std::vector<TimeLimit>& out) {
  for (const model::BoundLiteral& literal : expression.condition.literals)
    if (literal.from_now) {
      MUSTER_CHECK(expression.condition.column != model::kDeviceColumn);
      out.push_back({{place, expression.condition.column - 1}, *literal.from_now});
    }
  for (const BoundExpression& part : expression.parts) collect(place, part, out);
}

// Whether they are all that the plan asks the clock for.
bool collect(const DeviceRows& rows, const model::Plan& plan, std::vector<TimeLimit>& out) {
  for (const BoundExpression& filter : plan.filters)
    collect(rows.place_of(*plan.source), filter, out);
  return std::ranges::all_of(plan.steps, [&](const model::PlanStep& step) {
    if (const auto* filter = std::get_if<model::FilterStep>(&step))
      return !asks_for_clock(filter->condition);
    const auto* join = std::get_if<model::JoinStep>(&step);
    return join == nullptr || collect(rows, *join->right, out);
  });
}

}  // namespace

std::optional<std::vector<TimeLimit>> time_limits(const DeviceRows& rows, const model::Plan& plan) {
  std::vector<TimeLimit> out;
  if (!collect(rows, plan, out)) return std::nullopt;
  return out;
}

}  // namespace muster::fleet
