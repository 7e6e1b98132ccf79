// The steps of a plan that one device's rows decide, run for one device after another.
#pragma once

#include <memory>
#include <vector>

#include "fleet/device_rows.h"
#include "fleet/row_selector.h"
#include "model/query/run.h"

namespace muster::fleet {

class DevicePlan {
 public:
  // The first `steps` of the plan, none of which asks for other devices: Plan::device_steps, or
  // all of a plan that is of devices. `rows` and `plan` outlive it; the rows do not change.
  DevicePlan(const DeviceRows& rows, const model::Plan& plan, std::size_t steps, Timestamp now,
             RowSelector::Verdicts verdicts, std::size_t row_limit);

  // The device's rows after those steps; no more of them than `wanted` are looked for.
  // Error: kQueryTooLarge.
  Result<std::vector<model::Row>> rows(const Device& device,
                                       std::size_t wanted = model::kEverything);

 private:
  Result<std::vector<model::Row>> right_rows(const Device& device, std::size_t step);

  const model::Plan& plan_;
  std::size_t steps_;
  Timestamp now_;
  std::size_t row_limit_;
  std::size_t class_;
  const RowTable& table_;
  RowSelector selector_;
  std::vector<std::unique_ptr<DevicePlan>> rights_;  // by step, where it is a join
};

}  // namespace muster::fleet
