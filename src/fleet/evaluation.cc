#include "fleet/evaluation.h"

#include "base/check.h"
#include "base/log.h"
#include "fleet/device_conditions.h"
#include "fleet/device_plan.h"
#include "model/query/run.h"

namespace muster::fleet {
namespace {

using model::Plan;
using model::Row;
using model::RowView;

// Calls visit for each device of the scope until it returns false.
void for_each_device(const DeviceRows& rows, const std::optional<std::vector<DeviceNumber>>& only,
                     const std::function<bool(const Device&)>& visit) {
  if (!only) {
    rows.devices().for_each(visit);
    return;
  }
  for (const DeviceNumber number : *only)
    if (const auto device = rows.find(number); device && !visit(*device)) return;
}

// The rows of the device's own steps, into a run of those behind them.
Result<void> add_by_device(const DeviceRows& rows, const Plan& plan, const EvaluationScope& scope,
                           model::QueryRun& run) {
  DevicePlan own(rows, plan, plan.device_steps, scope.now, RowSelector::Verdicts::Kept,
                 scope.row_limit);
  Result<void> added;
  const auto candidates = rows.candidates(plan, scope.now);
  for_each_device(rows, scope.only, [&](const Device& device) {
    if (candidates && !candidates->contains(device.number())) return true;
    auto found = own.rows(device);
    if (!found) {
      added = fail(found.error());
      return false;
    }
    for (Row& row : *found) {
      added = run.add(std::move(row));
      if (!added || run.complete()) return false;
    }
    return true;
  });
  return added;
}

Result<void> add_rows(const DeviceRows& rows, const Plan& plan, const EvaluationScope& scope,
                      model::QueryRun& run) {
  if (plan.device_steps > 0) return add_by_device(rows, plan, scope, run);
  Result<void> added;
  const auto add = [&](RowView row, std::uint64_t times) {
    added = run.add(row, times);
    return added.has_value() && !run.complete();
  };
  if (!scope.only && rows.is_count_of_shared(plan))
    rows.for_each_shared_match(plan, scope.now, add);
  else
    rows.for_each_match(plan, scope.now, scope.only,
                        [&](DeviceNumber, RowView row) { return add(row, 1); });
  return added;
}

bool has_row(DevicePlan& own, const Device& device) {
  const auto found = own.rows(device, 1);
  if (found) return !found->empty();
  log::failure(log::Level::Warning, "collection.rule.oversized", found.error(),
               {{"device", device.number()}});
  return false;
}

}  // namespace

Result<std::vector<Row>> evaluate(const DeviceRows& rows, const Plan& plan,
                                  const EvaluationScope& scope) {
  const auto right = [&](std::size_t step) {
    return evaluate(rows, *std::get<model::JoinStep>(plan.steps[step]).right, scope);
  };
  model::QueryRun run(plan, scope.now,
                      {.first_step = plan.device_steps, .row_limit = scope.row_limit}, right);
  TRY(add_rows(rows, plan, scope, run));
  return std::move(run).finish();
}

NumberBits matching_devices(const DeviceRows& rows, const Plan& plan, Timestamp now) {
  MUSTER_CHECK(plan.is_of_devices);
  if (const auto conditions = device_conditions(rows, plan); !conditions.empty())
    return devices_with(rows, conditions);
  NumberBits out;
  if (plan.is_decided_by_filters()) {
    rows.for_each_match(plan, now, std::nullopt, [&](DeviceNumber device, RowView) {
      out.insert(device);
      return true;
    });
    return out;
  }
  DevicePlan own(rows, plan, plan.steps.size(), now, RowSelector::Verdicts::Kept,
                 model::kMostResultRows);
  const auto candidates = rows.candidates(plan, now);
  rows.devices().for_each([&](const Device& device) {
    if ((!candidates || candidates->contains(device.number())) && has_row(own, device))
      out.insert(device.number());
    return true;
  });
  return out;
}

bool is_matching_device(const DeviceRows& rows, const Plan& plan, Timestamp now,
                        const Device& device) {
  MUSTER_CHECK(plan.is_of_devices);
  if (plan.is_decided_by_filters()) return rows.matches(plan, now, device);
  DevicePlan own(rows, plan, plan.steps.size(), now, RowSelector::Verdicts::Once,
                 model::kMostResultRows);
  return has_row(own, device);
}

}  // namespace muster::fleet
