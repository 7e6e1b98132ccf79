// The answer to a plan over the rows of all devices.
#pragma once

#include <optional>
#include <vector>

#include "fleet/device_rows.h"
#include "fleet/fleet.h"

namespace muster::fleet {

struct EvaluationScope {
  Timestamp now;
  std::optional<std::vector<DeviceNumber>> only;  // sorted
  std::size_t row_limit = model::kMostResultRows;
};

// Error: kQueryTooLarge.
Result<std::vector<model::Row>> evaluate(const DeviceRows& rows, const model::Plan& plan,
                                         const EvaluationScope& scope);

// The devices of which a row comes out of the plan, which is of devices. One for which a join is
// too large is left out, and the log says so.
NumberBits matching_devices(const DeviceRows& rows, const model::Plan& plan, Timestamp now);
// The same for one device.
bool is_matching_device(const DeviceRows& rows, const model::Plan& plan, Timestamp now,
                        const Device& device);

}  // namespace muster::fleet
