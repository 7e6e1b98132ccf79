#include "fleet/device_conditions.h"

#include <algorithm>

#include "fleet/row_selector.h"

namespace muster::fleet {
namespace {

using model::JoinStep;
using model::Plan;

// Whether what is added to `out` is all that the plan asks.
bool collect(const DeviceRows& rows, const Plan& plan, std::vector<DeviceCondition>& out) {
  if (plan.depends_on_time) return false;
  const RowTable& table = rows.tables()[rows.place_of(*plan.source)];
  if (!std::ranges::all_of(plan.filters,
                           [&](const auto& filter) { return reads_shared_only(table, filter); }))
    return false;
  out.push_back({{plan.source, plan.filters}, true});
  for (const model::PlanStep& step : plan.steps) {
    if (std::holds_alternative<model::KeepStep>(step) ||
        std::holds_alternative<model::SortStep>(step))
      continue;
    const auto* join = std::get_if<JoinStep>(&step);
    if (join == nullptr || !join->within_device || !join->keys.empty()) return false;
    const std::size_t before = out.size();
    if (!collect(rows, *join->right, out)) return false;
    if (join->kind != model::JoinKind::LeftAnti) continue;
    if (out.size() != before + 1) return false;  // not all of several is no condition on one row
    out.back().wanted = false;
  }
  return true;
}

// No condition asks for it.
constexpr Timestamp kNoTime{0};

NumberBits devices_with_row(const DeviceRows& rows, const RowCondition& condition) {
  const RowTable& table = rows.tables()[rows.place_of(*condition.type)];
  if (condition.filters.empty()) return table.devices().bits();
  NumberBits out;
  for (const RowNumber row : matching_rows(table, condition.filters, kNoTime))
    table.devices(row).join_to(out);
  return out;
}

}  // namespace

std::vector<DeviceCondition> device_conditions(const DeviceRows& rows, const Plan& plan) {
  std::vector<DeviceCondition> out;
  if (!collect(rows, plan, out)) out.clear();
  return out;
}

NumberBits devices_with(const DeviceRows& rows, const std::vector<DeviceCondition>& conditions) {
  NumberBits out = devices_with_row(rows, conditions.front().condition);
  for (std::size_t i = 1; i < conditions.size(); ++i) {
    const NumberBits other = devices_with_row(rows, conditions[i].condition);
    if (conditions[i].wanted)
      out.intersect(other);
    else
      out.subtract(other);
  }
  return out;
}

}  // namespace muster::fleet
