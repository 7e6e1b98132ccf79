// What a plan asks of a device, where that is only which distinct rows it has: most rules and many
// queries. The sets of devices of those rows are the answer then, without a look at any device.
#pragma once

#include <vector>

#include "fleet/device_rows.h"
#include "fleet/number_set.h"
#include "model/query/plan.h"

namespace muster::fleet {

// All filters hold of one row; without filters, that there is a row. The columns they read are
// Shared, and none asks for the time.
struct RowCondition {
  const model::InventoryClass* type;
  std::vector<model::BoundExpression> filters;
};

// That a device has a row which satisfies the condition, or has none.
struct DeviceCondition {
  RowCondition condition;
  bool wanted;
};

// All of them hold of the devices of which a row comes out of the plan, and of no others; the first
// is wanted. Empty where the plan asks for more than that.
std::vector<DeviceCondition> device_conditions(const DeviceRows& rows, const model::Plan& plan);

// The devices of which all of them hold; they are not empty.
NumberBits devices_with(const DeviceRows& rows, const std::vector<DeviceCondition>& conditions);

}  // namespace muster::fleet
