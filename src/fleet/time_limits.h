// Where a rule compares the times of a device with one that moves with the clock ("BootTime <
// ago(30d)"). Between two moments only those devices may begin or cease to match of which a time
// lies where the moving one has passed meanwhile: nobody else need be asked again.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "fleet/device_rows.h"
#include "model/query/plan.h"

namespace muster::fleet {

// A column of times.
struct TimeColumn {
  std::size_t place;   // of the class in the tables
  std::size_t column;  // of the class
  friend auto operator<=>(const TimeColumn&, const TimeColumn&) = default;
};

struct TimeLimit {
  TimeColumn column;
  model::FromNow limit;
};

// All limits of a plan that asks for the clock. Nothing where it compares with the clock what its
// steps have made of rows: such a plan has to be asked in full.
std::optional<std::vector<TimeLimit>> time_limits(const DeviceRows& rows, const model::Plan& plan);

}  // namespace muster::fleet
