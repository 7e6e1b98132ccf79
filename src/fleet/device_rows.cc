#include "fleet/device_rows.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/errors.h"
#include "fleet/row_selector.h"

namespace muster::fleet {

using model::ClassRows;
using model::InventoryClass;
using model::Plan;

namespace {

model::Value shown_name(const std::vector<RowTable>& tables, const Device& device,
                        DeviceNumber number) {
  const InventoryClass* type = model::find_inventory_class("Device");
  MUSTER_CHECK(type != nullptr && type->column("Name").has_value());
  const std::size_t index = index_of(*type);
  for (const Instance& instance : device.instances[index]) {
    const model::Row row = tables[index].whole(instance);
    const auto* name = std::get_if<std::string>(&row[*type->column("Name")]);
    if (name != nullptr && !name->empty()) return *name;
  }
  if (!device.registered_name.empty()) return device.registered_name;
  return fmt::format("#{}", number);
}

}  // namespace

std::size_t index_of(const InventoryClass& type) {
  const auto all = model::inventory_classes();
  MUSTER_CHECK(&type >= all.data() && &type < all.data() + all.size());
  return static_cast<std::size_t>(&type - all.data());
}

// A device as it will be, and what it gives back to the tables then.
struct DeviceRows::Draft {
  Device device;
  std::vector<std::vector<Instance>> released;
};

DeviceRows::DeviceRows() {
  for (const InventoryClass& type : model::inventory_classes()) tables_.emplace_back(type);
}

const Device* DeviceRows::find(DeviceNumber number) const {
  const auto device = devices_.find(number);
  return device == devices_.end() ? nullptr : &device->second;
}

Result<void> DeviceRows::check(const DeviceChange& change, const Device* before) const {
  if (change.extent == Extent::Delta && before == nullptr)
    return fail(kUnknownDevice, "a delta for device {}, which is not active", change.device);
  if (change.extent == Extent::Full && !(change.removed.empty() && change.updated.empty()))
    return fail(kUnknownRow, "device {}: full rows beside removed or updated ones", change.device);
  std::vector<std::size_t> sizes(tables_.size());
  if (change.extent == Extent::Delta)
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = before->instances[i].size();
  for (const auto* list : {&change.added, &change.removed, &change.updated})
    for (const ClassRows& rows : *list)
      for (const model::Row& row : rows.rows)
        TRY_IN(model::check_row(*rows.type, row), "device {}", change.device);
  for (const ClassRows& rows : change.added) {
    std::size_t& size = sizes[index_of(*rows.type)];
    size += rows.rows.size();
    if (size > model::kMostRowsPerClass)
      return fail(kTooManyRows, "device {}: {} rows of {}; {} are the most", change.device, size,
                  rows.type->name, model::kMostRowsPerClass);
  }
  return {};
}

Result<void> DeviceRows::take_out(const DeviceChange& change, Draft& draft) const {
  const auto missing = [&](const InventoryClass& type) {
    return fail(kUnknownRow, "device {} has no such row of {}", change.device, type.name);
  };
  for (const ClassRows& rows : change.removed) {
    const std::size_t index = index_of(*rows.type);
    std::vector<Instance>& instances = draft.device.instances[index];
    for (const model::Row& row : rows.rows) {
      const auto place = tables_[index].find(instances, row);
      if (!place) return missing(*rows.type);
      draft.released[index].push_back(std::move(instances[*place]));
      instances.erase(instances.begin() + static_cast<std::ptrdiff_t>(*place));
    }
  }
  for (const ClassRows& rows : change.updated) {
    const std::size_t index = index_of(*rows.type);
    for (const model::Row& row : rows.rows) {
      const auto place = tables_[index].find(draft.device.instances[index], row);
      if (!place) return missing(*rows.type);
      tables_[index].take_volatile(draft.device.instances[index][*place], row);
    }
  }
  return {};
}

Result<ClassSet> DeviceRows::apply(const DeviceChange& change) {
  const Device* before = find(change.device);
  TRY(check(change, before));
  Draft draft;
  if (before != nullptr) draft.device = *before;
  draft.device.instances.resize(tables_.size());
  draft.released.resize(tables_.size());
  if (change.extent == Extent::Full) std::swap(draft.device.instances, draft.released);
  TRY(take_out(change, draft));

  if (change.name) draft.device.registered_name = *change.name;
  for (const ClassRows& rows : change.added)
    for (const model::Row& row : rows.rows) {
      const std::size_t index = index_of(*rows.type);
      draft.device.instances[index].push_back(tables_[index].acquire(row));
    }
  for (std::size_t i = 0; i < tables_.size(); ++i)
    for (const Instance& instance : draft.released[i]) tables_[i].release(instance);
  draft.device.shown_name = shown_name(tables_, draft.device, change.device);

  ClassSet touched(tables_.size(), change.extent == Extent::Full || before == nullptr ||
                                       before->shown_name != draft.device.shown_name);
  for (const auto* list : {&change.added, &change.removed, &change.updated})
    for (const ClassRows& rows : *list) touched[index_of(*rows.type)] = true;
  devices_[change.device] = std::move(draft.device);
  active_.insert(change.device);
  return touched;
}

void DeviceRows::remove(DeviceNumber number) {
  const auto device = devices_.find(number);
  if (device == devices_.end()) return;
  for (std::size_t i = 0; i < tables_.size(); ++i)
    for (const Instance& instance : device->second.instances[i]) tables_[i].release(instance);
  devices_.erase(device);
  active_.erase(number);
}

bool DeviceRows::matches(const Plan& plan, Timestamp now, const Device& device) const {
  const std::size_t index = index_of(*plan.source);
  RowSelector selector(tables_[index], plan, now, RowSelector::Verdicts::Once);
  return std::ranges::any_of(device.instances[index], [&](const Instance& instance) {
    return selector.select(device.shown_name, instance);
  });
}

void DeviceRows::for_each_match(const Plan& plan, Timestamp now,
                                const std::optional<std::vector<DeviceNumber>>& only,
                                const Visit& visit) const {
  const std::size_t index = index_of(*plan.source);
  RowSelector selector(tables_[index], plan, now, RowSelector::Verdicts::Kept);
  const auto visit_device = [&](DeviceNumber number, const Device& device) {
    return std::ranges::all_of(device.instances[index], [&](const Instance& instance) {
      return !selector.select(device.shown_name, instance) || visit(number, selector.view());
    });
  };
  if (!only) {
    for (const auto& [number, device] : devices_)
      if (!visit_device(number, device)) return;
    return;
  }
  for (const DeviceNumber number : *only) {
    const Device* device = find(number);
    if (device != nullptr && !visit_device(number, *device)) return;
  }
}

bool DeviceRows::is_count_of_shared(const Plan& plan) const {
  if (plan.steps.empty() || !std::holds_alternative<model::GroupStep>(plan.steps.front()))
    return false;
  std::vector<bool> needed = plan.uses;
  for (const auto& filter : plan.filters) mark_columns(filter, needed);
  return !needed[model::kDeviceColumn] &&
         std::ranges::none_of(tables_[index_of(*plan.source)].own_columns(),
                              [&](std::size_t column) { return needed[column + 1]; });
}

void DeviceRows::for_each_shared_match(const Plan& plan, Timestamp now,
                                       const VisitShared& visit) const {
  const RowTable& table = tables_[index_of(*plan.source)];
  RowSelector selector(table, plan, now, RowSelector::Verdicts::Once);
  for (RowNumber row = 0; row < table.slots(); ++row)
    if (table.instances(row) > 0 && selector.select_shared(row) &&
        !visit(selector.view(), table.instances(row)))
      return;
}

}  // namespace muster::fleet
