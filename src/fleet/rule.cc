#include "fleet/rule.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/evaluation.h"

namespace muster::fleet {
using model::Plan;

Rule::Rule(Plan plan, const DeviceRows& rows, Predicates& predicates)
    : plan_(std::move(plan)), predicates_(&predicates) {
  MUSTER_CHECK(plan_.is_of_devices);
  for (const model::InventoryClass* type : plan_.classes) places_.push_back(rows.place_of(*type));
  for (const DeviceCondition& each : device_conditions(rows, plan_))
    parts_.push_back({predicates_->take(each.condition), each.wanted});
  time_limits_ = fleet::time_limits(rows, plan_);
}

Rule::~Rule() {
  for (const Part& part : parts_) predicates_->let_go(part.predicate);
}

bool Rule::asks_for_touched_class(const DeviceDelta& delta) const {
  return std::ranges::any_of(places_,
                             [&](std::size_t place) { return delta.classes[place].is_touched; });
}

bool Rule::asks_for(std::size_t place) const {
  return std::ranges::find(places_, place) != places_.end();
}

std::vector<PredicateNumber> Rule::predicates() const {
  std::vector<PredicateNumber> out;
  for (const Part& part : parts_) out.push_back(part.predicate);
  return out;
}

bool Rule::matches(const DeviceRows& rows, DeviceFacts& device, Timestamp now) const {
  if (is_indexed())
    return std::ranges::all_of(parts_, [&](const Part& part) {
      return predicates_->holds(part.predicate, device) == part.wanted;
    });
  return device.device() && is_matching_device(rows, plan_, now, *device.device());
}

void Rule::join_devices(const DeviceRows& rows, NumberBits& bits, Timestamp now) const {
  if (!is_indexed()) {
    bits.join(matching_devices(rows, plan_, now));
    return;
  }
  NumberBits found;
  predicates_->join_devices(parts_.front().predicate, found);
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    NumberBits other;
    predicates_->join_devices(parts_[i].predicate, other);
    if (parts_[i].wanted)
      found.intersect(other);
    else
      found.subtract(other);
  }
  bits.join(found);
}

}  // namespace muster::fleet
