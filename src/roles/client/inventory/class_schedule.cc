#include "roles/client/inventory/class_schedule.h"

namespace muster::client {

Duration InventoryIntervals::of(const model::InventoryClass& type) const {
  const auto found = of_class.find(type.name);
  return found == of_class.end() ? standard : found->second;
}

bool ClassSchedule::is_due(const model::InventoryClass& type, const InventoryIntervals& intervals,
                           Timestamp now) const {
  const auto found = last_.find(type.name);
  return found == last_.end() || now < found->second || now - found->second >= intervals.of(type);
}

void ClassSchedule::collected(const model::InventoryClass& type, Timestamp now) {
  last_[std::string(type.name)] = now;
}

void ClassSchedule::forget(std::string_view class_name) {
  if (const auto found = last_.find(class_name); found != last_.end()) last_.erase(found);
}

Timestamp ClassSchedule::next(const model::Schema& schema, const InventoryIntervals& intervals,
                              Timestamp now) const {
  std::optional<Timestamp> earliest;
  for (const model::InventoryClass* type : schema.classes()) {
    if (type->origin != model::Origin::Client) continue;
    if (is_due(*type, intervals, now)) return now;
    const Timestamp due = last_.find(type->name)->second + intervals.of(*type);
    if (!earliest || due < *earliest) earliest = due;
  }
  return earliest.value_or(now);
}

}  // namespace muster::client
