#include "fleet/row_table.h"

#include "base/check.h"

namespace muster::fleet {

using model::ColumnKind;
using model::Columns;
using model::Row;

namespace {

// What is absent is an empty text to a comparison.
std::string name_of(const model::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : *text;
}

}  // namespace

RowTable::RowTable(const model::InventoryClass& type) : type_(&type) {
  for (std::size_t i = 0; i < type.columns.size(); ++i) {
    if (type.columns[i].kind != ColumnKind::Shared)
      own_columns_.push_back(i);
    else if (!name_column_ && type.columns[i].type == model::ColumnType::Text)
      name_column_ = i;
  }
}

const RowSet& RowTable::named(std::string_view text) const {
  static const RowSet kNone;
  const auto found = named_.find(text);
  return found == named_.end() ? kNone : found->second;
}

void RowTable::widen(const model::InventoryClass& type) {
  for (std::size_t i = type_->columns.size(); i < type.columns.size(); ++i)
    if (type.columns[i].kind != ColumnKind::Shared) own_columns_.push_back(i);
  for (Slot& slot : slots_)
    if (slot.instances > 0) slot.shared.resize(type.columns.size());
  type_ = &type;
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
    if (name_column_) named_[name_of(slot.shared[*name_column_])].insert(entry->second);
  }
  Instance out{entry->second, {}, {}};
  if (!own_columns_.empty()) {
    out.unique = encode_row(*type_, row, Columns::Unique);
    out.changing = encode_row(*type_, row, Columns::Volatile);
  }
  ++slots_[out.row].instances;
  ++all_instances_;
  return out;
}

bool RowTable::release(const Instance& instance) {
  Slot& slot = slots_[instance.row];
  MUSTER_CHECK(slot.instances > 0);
  --all_instances_;
  if (--slot.instances > 0) return false;
  if (name_column_) {
    const auto found = named_.find(name_of(slot.shared[*name_column_]));
    found->second.erase(instance.row);
    if (found->second.empty()) named_.erase(found);
  }
  numbers_.erase(numbers_.find(*slot.key));
  slot = {};
  free_.push_back(instance.row);
  return true;
}

std::optional<std::size_t> RowTable::find(InstanceFinder& instances, const Row& row) const {
  const auto number = numbers_.find(encode_row(*type_, row, Columns::Shared));
  if (number == numbers_.end()) return std::nullopt;
  return instances.take(number->second, encode_row(*type_, row, Columns::Unique));
}

void RowTable::take_volatile(Instance& instance, const Row& row) const {
  instance.changing = encode_row(*type_, row, Columns::Volatile);
}

void RowTable::read_own(const Instance& instance, Row& row) const {
  for (const std::size_t column : own_columns_) row[column] = {};
  for (const auto& [bytes, which] : {std::pair(ByteView(instance.unique), Columns::Unique),
                                     std::pair(ByteView(instance.changing), Columns::Volatile)}) {
    if (bytes.empty()) continue;
    auto values = model::decode_row(*type_, bytes, which);
    MUSTER_CHECK(values.has_value());  // what acquire() wrote
    for (const std::size_t column : own_columns_)
      if ((*values)[column].index() != 0) row[column] = std::move((*values)[column]);
  }
}

Row RowTable::whole(const Instance& instance) const {
  Row row = slots_[instance.row].shared;
  read_own(instance, row);
  return row;
}

}  // namespace muster::fleet
