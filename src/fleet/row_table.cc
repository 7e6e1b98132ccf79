#include "fleet/row_table.h"

#include "base/check.h"

namespace muster::fleet {

using model::ColumnKind;
using model::Columns;
using model::Row;

RowTable::RowTable(const model::InventoryClass& type) : type_(&type) {
  for (std::size_t i = 0; i < type.columns.size(); ++i)
    if (type.columns[i].kind != ColumnKind::Shared) own_columns_.push_back(i);
}

void RowTable::widen(const model::InventoryClass& type) {
  for (std::size_t i = type_->columns.size(); i < type.columns.size(); ++i)
    if (type.columns[i].kind != ColumnKind::Shared) own_columns_.push_back(i);
  for (Slot& slot : slots_)
    if (slot.instances > 0) slot.shared.resize(type.columns.size());
  type_ = &type;
}

const model::Value& RowTable::own_value(const Instance& instance, std::size_t k) const {
  static const model::Value kAbsent;
  return k < instance.own.size() ? instance.own[k] : kAbsent;
}

Instance RowTable::acquire(const Row& row, bool& is_new) {
  const auto [entry, is_added] =
      numbers_.try_emplace(encode_row(*type_, row, Columns::Shared), RowNumber{0});
  is_new = is_added;
  if (is_new) {
    if (free_.empty()) {
      free_.push_back(static_cast<RowNumber>(slots_.size()));
      slots_.emplace_back();
    }
    entry->second = free_.back();
    free_.pop_back();
    Slot& slot = slots_[entry->second];
    slot.shared = row;
    for (const std::size_t column : own_columns_) slot.shared[column] = {};
    slot.key = &entry->first;
  }
  Instance out{entry->second, {}};
  out.own.reserve(own_columns_.size());
  for (const std::size_t column : own_columns_) out.own.push_back(row[column]);
  ++slots_[out.row].instances;
  ++all_instances_;
  return out;
}

bool RowTable::release(const Instance& instance) {
  Slot& slot = slots_[instance.row];
  MUSTER_CHECK(slot.instances > 0);
  --all_instances_;
  if (--slot.instances > 0) return false;
  numbers_.erase(numbers_.find(*slot.key));
  slot = {};
  free_.push_back(instance.row);
  return true;
}

std::optional<std::size_t> RowTable::find(const std::vector<Instance>& instances,
                                          const Row& row) const {
  const auto number = numbers_.find(encode_row(*type_, row, Columns::Shared));
  if (number == numbers_.end()) return std::nullopt;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (instances[i].row != number->second) continue;
    bool same = true;
    for (std::size_t k = 0; k < own_columns_.size() && same; ++k)
      same = type_->columns[own_columns_[k]].kind == ColumnKind::Volatile ||
             own_value(instances[i], k) == row[own_columns_[k]];
    if (same) return i;
  }
  return std::nullopt;
}

void RowTable::take_volatile(Instance& instance, const Row& row) const {
  instance.own.resize(own_columns_.size());
  for (std::size_t k = 0; k < own_columns_.size(); ++k)
    if (type_->columns[own_columns_[k]].kind == ColumnKind::Volatile)
      instance.own[k] = row[own_columns_[k]];
}

Row RowTable::whole(const Instance& instance) const {
  Row row = slots_[instance.row].shared;
  for (std::size_t k = 0; k < own_columns_.size(); ++k)
    row[own_columns_[k]] = own_value(instance, k);
  return row;
}

}  // namespace muster::fleet
