#include "fleet/rule.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/evaluation.h"
#include "fleet/row_selector.h"

namespace muster::fleet {
namespace {

using model::JoinStep;
using model::Plan;

struct Wanted {
  RowCondition condition;
  bool wanted;
};

// Adds what the plan asks of a device: that it has a row that satisfies a condition, or has none.
// Whether that is all that the plan asks.
bool collect(const DeviceRows& rows, const Plan& plan, std::vector<Wanted>& out) {
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

}  // namespace

Rule::Rule(Plan plan, const DeviceRows& rows, Predicates& predicates)
    : plan_(std::move(plan)), predicates_(&predicates) {
  MUSTER_CHECK(plan_.is_of_devices);
  for (const model::InventoryClass* type : plan_.classes) places_.push_back(rows.place_of(*type));
  std::vector<Wanted> wanted;
  if (!collect(rows, plan_, wanted)) return;
  for (const Wanted& each : wanted)
    parts_.push_back({predicates_->take(each.condition), each.wanted});
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

bool Rule::matches(const DeviceRows& rows, DeviceNumber number, Timestamp now) const {
  if (is_indexed())
    return std::ranges::all_of(parts_, [&](const Part& part) {
      return predicates_->holds(part.predicate, number) == part.wanted;
    });
  const Device* device = rows.find(number);
  return device != nullptr && is_matching_device(rows, plan_, now, number, *device);
}

void Rule::join_devices(const DeviceRows& rows, NumberBits& bits, Timestamp now) const {
  if (!is_indexed()) {
    for_each_matching_device(rows, plan_, now, [&](DeviceNumber device) { bits.insert(device); });
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
