#include "fleet/device_plan.h"

#include "base/check.h"

namespace muster::fleet {

using model::JoinStep;
using model::Row;

DevicePlan::DevicePlan(const DeviceRows& rows, const model::Plan& plan, std::size_t steps,
                       Timestamp now, RowSelector::Verdicts verdicts, std::size_t row_limit)
    : plan_(plan),
      steps_(steps),
      now_(now),
      row_limit_(row_limit),
      class_(rows.place_of(*plan.source)),
      table_(rows.tables()[class_]),
      selector_(table_, plan.filters, now, verdicts),
      rights_(steps) {
  for (std::size_t i = 0; i < steps; ++i)
    if (const auto* join = std::get_if<JoinStep>(&plan.steps[i])) {
      MUSTER_CHECK(join->within_device);
      rights_[i] = std::make_unique<DevicePlan>(rows, *join->right, join->right->steps.size(), now,
                                                verdicts, row_limit);
    }
}

Result<std::vector<Row>> DevicePlan::right_rows(const Device& device, std::size_t step) {
  const auto& join = std::get<JoinStep>(plan_.steps[step]);
  // Without keys besides the device any row at the right is as good as all.
  const bool one_will_do = join.kind == model::JoinKind::LeftAnti && join.keys.empty();
  return rights_[step]->rows(device, one_will_do ? 1 : model::kEverything);
}

Result<std::vector<Row>> DevicePlan::rows(const Device& device, std::size_t wanted) {
  std::optional<model::QueryRun> run;
  Result<void> added;
  device.for_each_row(table_, class_, [&](RowNumber row, const OwnRows* own, std::size_t place) {
    if (!selector_.select(device.shown_name(), row, own, place)) return true;
    if (!run)
      run.emplace(plan_, now_,
                  model::RunBounds{.first_step = 0,
                                   .last_step = steps_,
                                   .row_limit = row_limit_,
                                   .joined_limit = row_limit_,
                                   .rows_wanted = wanted},
                  [this, &device](std::size_t step) { return right_rows(device, step); });
    added = run->add(selector_.view());
    return added.has_value() && !run->complete();
  });
  TRY(added);
  if (!run) return std::vector<Row>();
  return (*std::move(run)).finish();
}

}  // namespace muster::fleet
