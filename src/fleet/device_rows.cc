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

// What stands at a place that a class has left.
constexpr InventoryClass kNoClass{};

// What a value of a device's own takes at most, beside its text.
constexpr std::size_t kValueBytes = 10;

std::size_t size_of(const model::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size() + kValueBytes;
  const auto* version = std::get_if<model::Version>(&value);
  return version == nullptr ? kValueBytes : version->text.size() + kValueBytes;
}

std::string shown_name(const RowTable& table, const Instances& instances,
                       std::string_view registered, DeviceNumber number) {
  const auto column = table.type().column("Name");
  MUSTER_CHECK(column.has_value());
  for (const Instance& instance : instances) {
    model::Row row = table.whole(instance);
    auto* name = std::get_if<std::string>(&row[*column]);
    if (name != nullptr && !name->empty()) return std::move(*name);
  }
  if (!registered.empty()) return std::string(registered);
  return fmt::format("#{}", number);
}

}  // namespace

// What changes about a device: the lists that are touched, before and after, and what it gives
// back to the tables.
struct DeviceRows::Draft {
  std::map<std::size_t, std::vector<RowNumber>> before;  // each once
  std::map<std::size_t, Instances> after, released;
};

DeviceRows::DeviceRows() {
  for (const InventoryClass* type : schema_.classes()) {
    places_.emplace(type->name, tables_.size());
    tables_.add(RowTable(*type));
  }
}

void DeviceRows::save(SnapshotWriter& writer) const {
  writer.number(tables_.size());
  for (std::size_t place = 0; place < tables_.size(); ++place) {
    writer.bytes(tables_[place].type().name);
    writer.bytes(model::layout_of(tables_[place].type()));
    tables_[place].save(writer);
  }
  devices_->save(writer);
}

Result<DeviceRows> DeviceRows::load(const model::Schema& schema, SnapshotReader& reader) {
  DeviceRows out;
  out.tables_ = {};
  out.places_.clear();
  out.schema_ = schema;
  const std::size_t own = model::inventory_classes().size();
  const std::size_t count = reader.count();
  for (std::size_t place = 0; place < count && reader.ok(); ++place) {
    const ByteView name = reader.bytes(), layout = reader.bytes();
    const InventoryClass* type = name.empty() ? &kNoClass : schema.find(name);
    if (place < own && type != &model::inventory_classes()[place]) type = nullptr;
    if (type == nullptr || model::layout_of(*type) != layout)
      return fail(kBadSnapshot, "it has rows of a class {} of another form", name);
    if (type != &kNoClass) out.places_.emplace(type->name, place);
    out.tables_.add(RowTable::load(*type, reader));
  }
  if (reader.ok() && out.places_.size() != schema.classes().size())
    return fail(kBadSnapshot, "it has {} classes instead of {}", out.places_.size(),
                schema.classes().size());
  out.devices_ = Shared<Devices>(Devices::load(out.tables_, reader));
  if (!reader.ok()) return fail(kBadSnapshot, "its parts do not fit together");
  return out;
}

std::size_t DeviceRows::place_of(const InventoryClass& type) const {
  const auto own = model::inventory_classes();
  if (std::less_equal<>()(own.data(), &type) && std::less<>()(&type, own.data() + own.size()))
    return static_cast<std::size_t>(&type - own.data());
  const auto found = places_.find(type.name);
  MUSTER_CHECK(found != places_.end());
  return found->second;
}

std::vector<std::size_t> DeviceRows::places_changed_by(const model::Schema& schema) const {
  std::vector<std::size_t> out;
  const model::Schema next = schema.sharing(schema_);
  for (const auto& [name, place] : places_)
    if (next.find(name) != &tables_[place].type()) out.push_back(place);
  return out;
}

void DeviceRows::set_schema(const model::Schema& schema) {
  const model::Schema next = schema.sharing(schema_);
  std::vector<std::size_t> free;
  for (const std::size_t place : places_changed_by(schema)) {
    const InventoryClass& before = tables_[place].type();
    const InventoryClass* after = next.find(before.name);
    if (after != nullptr && extends(*after, before)) {
      const RowTable narrow = tables_[place];
      tables_.edit(place).widen(*after);
      devices_.edit().widen(place, narrow, tables_[place]);
      continue;
    }
    places_.erase(places_.find(before.name));
    devices_.edit().clear(place);
    tables_.edit(place) = RowTable(kNoClass);
  }
  for (std::size_t place = 0; place < tables_.size(); ++place)
    if (&tables_[place].type() == &kNoClass) free.push_back(place);
  for (const InventoryClass* type : next.classes()) {
    if (places_.contains(type->name)) continue;
    if (free.empty()) {
      free.push_back(tables_.size());
      tables_.add(RowTable(kNoClass));
    }
    tables_.edit(free.back()) = RowTable(*type);
    places_.emplace(type->name, free.back());
    free.pop_back();
  }
  schema_ = next;
}

// The sender may have had other classes, or fewer columns of one.
std::optional<DeviceChange> DeviceRows::adapted(const DeviceChange& change) const {
  const auto is_known = [&](const ClassRows& rows) {
    return schema_.find(rows.type->name) == rows.type;
  };
  if (std::ranges::all_of(change.added, is_known) &&
      std::ranges::all_of(change.removed, is_known) &&
      std::ranges::all_of(change.updated, is_known))
    return std::nullopt;
  DeviceChange out = change;
  for (auto* list : {&out.added, &out.removed, &out.updated}) {
    std::erase_if(*list, [&](ClassRows& rows) {
      const InventoryClass* known = schema_.find(rows.type->name);
      if (known == rows.type) return false;
      if (known == nullptr || !extends(*known, *rows.type)) return true;
      for (model::Row& row : rows.rows) row.resize(known->columns.size());
      rows.type = known;
      return false;
    });
  }
  return out;
}

Result<void> DeviceRows::check(const DeviceChange& change,
                               const std::optional<Device>& before) const {
  if (change.extent == Extent::Delta && !before)
    return fail(kUnknownDevice, "a delta for device {}, which is not active", change.device);
  if (change.extent == Extent::Full && !(change.removed.empty() && change.updated.empty()))
    return fail(kUnknownRow, "device {}: full rows beside removed or updated ones", change.device);
  std::vector<std::size_t> sizes(tables_.size());
  if (change.extent == Extent::Delta)
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = before->count(tables_[i], i);
  for (const auto* list : {&change.added, &change.removed, &change.updated})
    for (const ClassRows& rows : *list)
      for (const model::Row& row : rows.rows)
        TRY_IN(model::check_row(*rows.type, row), "device {}", change.device);
  for (const ClassRows& rows : change.added) {
    std::size_t& size = sizes[place_of(*rows.type)];
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
    const std::size_t index = place_of(*rows.type);
    Instances& list = draft.after[index];
    Instances& released = draft.released[index];
    std::vector<bool> gone(list.size());
    InstanceFinder finder(list);
    for (const model::Row& row : rows.rows) {
      const auto place = tables_[index].find(finder, row);
      if (!place) return missing(*rows.type);
      gone[*place] = true;
    }
    Instances kept;
    kept.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i)
      (gone[i] ? released : kept).push_back(std::move(list[i]));
    list = std::move(kept);
  }
  for (const ClassRows& rows : change.updated) {
    const std::size_t index = place_of(*rows.type);
    Instances& list = draft.after[index];
    InstanceFinder finder(list);
    for (const model::Row& row : rows.rows) {
      const auto place = tables_[index].find(finder, row);
      if (!place) return missing(*rows.type);
      tables_[index].take_volatile(list[*place], row);
    }
    std::ranges::sort(list);
  }
  return {};
}

void DeviceRows::settle(DeviceNumber number, const Draft& draft, DeviceDelta& delta) {
  for (const auto& [place, after] : draft.after) {
    ClassDelta& rows = delta.classes[place];
    const auto& had = draft.before.at(place);
    const auto has = row_numbers(after);
    std::ranges::set_difference(has, had, std::back_inserter(rows.gained));
    std::ranges::set_difference(had, has, std::back_inserter(rows.lost));
    rows.is_first_or_last = had.empty() != has.empty();
    if (rows.is_first_or_last) tables_.edit(place).set_has_rows(number, !has.empty());
    for (const RowNumber row : rows.gained) tables_.edit(place).add_device(row, number);
    for (const RowNumber row : rows.lost) tables_.edit(place).remove_device(row, number);
    const auto released = draft.released.find(place);
    if (released == draft.released.end()) continue;
    for (const Instance& instance : released->second)
      if (tables_.edit(place).release(instance.row)) rows.freed.push_back(instance.row);
  }
}

// Before anything is changed that cannot be taken back.
Result<void> DeviceRows::check_size(const DeviceChange& change, const Draft& draft) const {
  for (const auto& [place, list] : draft.after) {
    if (tables_[place].own_columns().empty()) continue;
    std::size_t bytes = 0;
    for (const Instance& instance : list)
      bytes += instance.unique.size() + instance.changing.size();
    for (const ClassRows& rows : change.added) {
      if (place_of(*rows.type) != place) continue;
      for (const model::Row& row : rows.rows)
        for (const std::size_t column : tables_[place].own_columns()) bytes += size_of(row[column]);
    }
    if (bytes > OwnRows::kMostOwnBytes)
      return fail(kTooManyRows, "device {}: values of its own of {} take over {} bytes",
                  change.device, tables_[place].type().name, OwnRows::kMostOwnBytes);
  }
  return {};
}

Result<DeviceDelta> DeviceRows::apply(const DeviceChange& from) {
  const auto of_schema = adapted(from);
  const DeviceChange& change = of_schema ? *of_schema : from;
  const std::optional<Device> before = find(change.device);
  TRY(check(change, before));
  Draft draft;
  const auto touch = [&](std::size_t place) {
    if (!draft.after.try_emplace(place).second) return;
    Instances had = before ? list(*before, place) : Instances();
    draft.before[place] = row_numbers(had);
    (change.extent == Extent::Full ? draft.released : draft.after)[place] = std::move(had);
  };
  if (change.extent == Extent::Full)
    for (std::size_t place = 0; place < tables_.size(); ++place) touch(place);
  for (const auto* list : {&change.added, &change.removed, &change.updated})
    for (const ClassRows& rows : *list) touch(place_of(*rows.type));
  TRY(take_out(change, draft));
  TRY(check_size(change, draft));

  DeviceDelta delta{.is_new = !before, .classes = std::vector<ClassDelta>(tables_.size())};
  for (const ClassRows& rows : change.added) {
    const std::size_t place = place_of(*rows.type);
    Instances& list = draft.after[place];
    list.reserve(list.size() + rows.rows.size());
    for (const model::Row& row : rows.rows) {
      bool is_new = false;
      list.push_back(tables_.edit(place).acquire(row, is_new));
      if (is_new) delta.classes[place].created.push_back(list.back().row);
    }
    std::ranges::sort(list);
  }
  const std::string registered(change.name ? std::string_view(*change.name)
                               : before    ? before->registered_name()
                                           : std::string_view());
  const std::string shown_before(before ? before->shown_name() : std::string_view());
  std::string shown = shown_before;
  const std::size_t named = places_.find("Device")->second;
  if (const auto rows = draft.after.find(named); rows != draft.after.end())
    shown = shown_name(tables_[named], rows->second, registered, change.device);
  else if (!before || change.name)
    shown = shown_name(tables_[named], before ? list(*before, named) : Instances(), registered,
                       change.device);

  const bool all_touched = change.extent == Extent::Full || !before || shown_before != shown;
  for (ClassDelta& rows : delta.classes) rows.is_touched = all_touched;
  for (const auto& [place, list] : draft.after) delta.classes[place].is_touched = true;
  devices_.edit().set(change.device, {registered, shown}, draft.after, tables_);
  settle(change.device, draft, delta);
  return delta;
}

DeviceDelta DeviceRows::remove(DeviceNumber number) {
  DeviceDelta delta{.is_new = false, .classes = std::vector<ClassDelta>(tables_.size())};
  const auto device = find(number);
  if (!device) return delta;
  Draft draft;
  for (std::size_t place = 0; place < tables_.size(); ++place) {
    draft.released[place] = list(*device, place);
    draft.before[place] = row_numbers(draft.released[place]);
    draft.after[place];
    delta.classes[place].is_touched = true;
  }
  devices_.edit().remove(number);
  settle(number, draft, delta);
  return delta;
}

bool DeviceRows::matches(const Plan& plan, Timestamp now, const Device& device) const {
  const std::size_t place = place_of(*plan.source);
  RowSelector selector(tables_[place], plan.filters, now, RowSelector::Verdicts::Once);
  return !device.for_each_row(tables_[place], place,
                              [&](RowNumber row, const OwnRows* own, std::size_t at) {
                                return !selector.select(device.shown_name(), row, own, at);
                              });
}

std::optional<NumberBits> DeviceRows::candidates(const Plan& plan, Timestamp now) const {
  const RowTable& table = tables_[place_of(*plan.source)];
  std::vector<model::BoundExpression> shared;
  for (const auto& filter : plan.filters)
    if (reads_shared_only(table, filter)) shared.push_back(filter);
  if (shared.empty()) return std::nullopt;
  NumberBits out;
  for (const RowNumber row : matching_rows(table, shared, now)) table.devices(row).join_to(out);
  return out;
}

void DeviceRows::for_each_match(const Plan& plan, Timestamp now,
                                const std::optional<std::vector<DeviceNumber>>& only,
                                const Visit& visit) const {
  const std::size_t place = place_of(*plan.source);
  const RowTable& table = tables_[place];
  RowSelector selector(table, plan.filters, now, RowSelector::Verdicts::Kept);
  const auto visit_device = [&](const Device& device) {
    return device.for_each_row(table, place,
                               [&](RowNumber row, const OwnRows* own, std::size_t at) {
                                 return !selector.select(device.shown_name(), row, own, at) ||
                                        visit(device.number(), selector.view());
                               });
  };
  if (only) {
    for (const DeviceNumber number : *only)
      if (const auto device = find(number); device && !visit_device(*device)) return;
    return;
  }
  if (!table.own_columns().empty()) {
    devices_->for_each_page([&](DeviceNumber first, const DevicePage& page) {
      const auto rows = page.own_rows.find(place);
      if (rows == page.own_rows.end()) return true;
      const OwnRows& own = rows->second;
      for (std::size_t i = 0; i < own.size(); ++i) {
        if (!selector.may_select(own, i)) continue;
        const Device device(first + own.device(i), page);
        if (selector.select(device.shown_name(), own.row(i), &own, i) &&
            !visit(device.number(), selector.view()))
          return false;
      }
      return true;
    });
    return;
  }
  const auto found = candidates(plan, now);
  devices_->for_each([&](const Device& device) {
    return (found && !found->contains(device.number())) || visit_device(device);
  });
}

bool DeviceRows::is_count_of_shared(const Plan& plan) const {
  if (plan.steps.empty() || !std::holds_alternative<model::GroupStep>(plan.steps.front()))
    return false;
  std::vector<bool> needed = plan.uses;
  for (const auto& filter : plan.filters) mark_columns(filter, needed);
  return !needed[model::kDeviceColumn] &&
         std::ranges::none_of(tables_[place_of(*plan.source)].own_columns(),
                              [&](std::size_t column) { return needed[column + 1]; });
}

void DeviceRows::for_each_shared_match(const Plan& plan, Timestamp now,
                                       const VisitShared& visit) const {
  const RowTable& table = tables_[place_of(*plan.source)];
  RowSelector selector(table, plan.filters, now, RowSelector::Verdicts::Kept);
  for (RowNumber row = 0; row < table.slots(); ++row)
    if (table.instances(row) > 0 && selector.select_shared(row) &&
        !visit(selector.view_of(row), table.instances(row)))
      return;
}

}  // namespace muster::fleet
