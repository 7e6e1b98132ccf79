#include "fleet/row_table.h"

#include "base/check.h"
#include "fleet/table_hash.h"

namespace muster::fleet {

using model::ColumnKind;
using model::Columns;
using model::Row;
using model::Value;

namespace {

// The hash of the values that `next` gives, each by how it differs from others of its column.
template <typename Next>
std::uint64_t hash_of_values(std::size_t count, Next&& next) {
  Bytes all;
  all.reserve(256);
  for (std::size_t i = 0; i < count; ++i) {
    const Value& value = next(i);
    all += static_cast<char>(value.index());
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      all.append(reinterpret_cast<const char*>(number), sizeof *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      all += *text;
      all += '\0';
    } else if (const auto* version = std::get_if<model::Version>(&value)) {
      all += static_cast<char>(version->scheme);
      all += version->text;
      all += '\0';
    }
  }
  return table_hash(all);
}

// As ==, without a jump through a table for each value.
bool same(const Value& a, const Value& b) {
  if (a.index() != b.index()) return false;
  if (const auto* text = std::get_if<std::string>(&a))
    return *text == *std::get_if<std::string>(&b);
  if (const auto* number = std::get_if<std::int64_t>(&a))
    return *number == *std::get_if<std::int64_t>(&b);
  return a == b;
}

}  // namespace

RowTable::RowTable(const model::InventoryClass& type) { take_shape(type); }

void RowTable::take_shape(const model::InventoryClass& type) {
  for (std::size_t i = places_.size(); i < type.columns.size(); ++i) {
    places_.push_back(columns_.size());
    if (type.columns[i].kind != ColumnKind::Shared) {
      own_columns_.push_back(i);
      continue;
    }
    shared_columns_.push_back(i);
    columns_.emplace_back();
    if (!name_column_ && type.columns[i].type == model::ColumnType::Text) name_column_ = i;
  }
  type_ = &type;
}

void RowTable::widen(const model::InventoryClass& type) {
  const std::size_t before = columns_.size();
  const bool had_name = name_column_.has_value();
  take_shape(type);
  for (Shared<Page>& page : pages_) {
    std::vector<ValueNumber> values(kPageRows * columns_.size(), ValueColumn::kAbsent);
    for (std::size_t row = 0; row < kPageRows; ++row)
      for (std::size_t i = 0; i < before; ++i)
        values[row * columns_.size() + i] = page->values[row * before + i];
    page.edit().values.assign(values);
  }
  numbers_ = {};
  for (RowNumber row = 0; row < slots_; ++row) {
    if (instances(row) == 0) continue;
    numbers_.insert(hash_of_row(row), row);
    if (!had_name && name_column_) {
      if (named_.size() == 0) named_.add();
      named_.edit(ValueColumn::kAbsent).insert(row);
    }
  }
}

std::uint64_t RowTable::hash_of_row(const Row& row) const {
  return hash_of_values(shared_columns_.size(),
                        [&](std::size_t i) -> const Value& { return row[shared_columns_[i]]; });
}

std::uint64_t RowTable::hash_of_row(RowNumber row) const {
  return hash_of_values(shared_columns_.size(), [&](std::size_t i) -> const Value& {
    return value(row, shared_columns_[i]);
  });
}

bool RowTable::is_row(RowNumber number, const Row& row) const {
  for (const std::size_t column : shared_columns_)
    if (!same(value(number, column), row[column])) return false;
  return true;
}

std::optional<RowNumber> RowTable::find_row(std::uint64_t hash, const Row& row) const {
  return numbers_.find(hash, [&](RowNumber number) { return is_row(number, row); });
}

RowNumber RowTable::add_row(std::uint64_t hash, const Row& row) {
  if (free_.empty()) {
    if (slots_ == pages_.size() * kPageRows) add_page();
    free_.push_back(static_cast<RowNumber>(slots_++));
  }
  const RowNumber number = free_.back();
  free_.pop_back();
  const auto values = pages_[number / kPageRows].edit().values.edit().subspan(
      number % kPageRows * columns_.size(), columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i)
    values[i] = columns_[i].acquire(row[shared_columns_[i]]);
  enter(hash, number);
  return number;
}

void RowTable::add_page() {
  pages_.emplace_back().edit().values.assign(
      std::vector<ValueNumber>(kPageRows * columns_.size(), ValueColumn::kAbsent));
}

void RowTable::enter(std::uint64_t hash, RowNumber number) {
  numbers_.insert(hash, number);
  ++distinct_rows_;
  if (!name_column_) return;
  const ValueNumber name = value_number(number, *name_column_);
  while (named_.size() <= name) named_.add();
  named_.edit(name).insert(number);
}

Instance RowTable::acquire(const Row& row, bool& is_new) {
  const std::uint64_t hash = hash_of_row(row);
  const auto known = find_row(hash, row);
  is_new = !known;
  Instance out{known ? *known : add_row(hash, row), {}, {}};
  if (!own_columns_.empty()) {
    out.unique = array_of(encode_row(*type_, row, Columns::Unique));
    out.changing = array_of(encode_row(*type_, row, Columns::Volatile));
  }
  ++edit_slot(out.row).instances;
  ++all_instances_;
  return out;
}

bool RowTable::release(RowNumber row) {
  Slot& slot = edit_slot(row);
  MUSTER_CHECK(slot.instances > 0);
  --all_instances_;
  if (--slot.instances > 0) return false;
  slot = {};
  numbers_.erase(hash_of_row(row), row);
  if (name_column_) named_.edit(value_number(row, *name_column_)).erase(row);
  const auto values = pages_[row / kPageRows].edit().values.edit().subspan(
      row % kPageRows * columns_.size(), columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i)
    columns_[i].release(std::exchange(values[i], ValueColumn::kAbsent));
  free_.push_back(row);
  --distinct_rows_;
  return true;
}

std::vector<RowNumber> RowTable::named(std::string_view text) const {
  std::vector<RowNumber> out;
  const auto append = [&](const Value& name) {
    const auto number = columns_[places_[*name_column_]].find(name);
    if (number && *number < named_.size())
      named_[*number].for_each([&](RowNumber row) { out.push_back(row); });
  };
  append(Value(std::string(text)));
  if (text.empty()) append(Value());
  return out;
}

std::optional<std::size_t> RowTable::find(InstanceFinder& instances, const Row& row) const {
  const auto number = find_row(hash_of_row(row), row);
  if (!number) return std::nullopt;
  if (own_columns_.empty()) return instances.take(*number, {});
  return instances.take(*number, encode_row(*type_, row, Columns::Unique));
}

void RowTable::take_volatile(Instance& instance, const Row& row) const {
  instance.changing = array_of(encode_row(*type_, row, Columns::Volatile));
}

Row RowTable::whole(const Instance& instance) const {
  Row row(type_->columns.size());
  for (const std::size_t column : shared_columns_) row[column] = value(instance.row, column);
  for (const auto& [bytes, which] : {std::pair(view_of(instance.unique), Columns::Unique),
                                     std::pair(view_of(instance.changing), Columns::Volatile)}) {
    if (bytes.empty()) continue;
    auto values = model::decode_row(*type_, bytes, which);
    MUSTER_CHECK(values.has_value());  // what acquire() wrote
    for (const std::size_t column : own_columns_)
      if ((*values)[column].index() != 0) row[column] = std::move((*values)[column]);
  }
  return row;
}

void RowTable::save(SnapshotWriter& writer) const {
  for (const ValueColumn& column : columns_) column.save(writer);
  writer.number(slots_);
  for (RowNumber row = 0; row < slots_; ++row) {
    if (row % kPageRows == 0) writer.array(pages_[row / kPageRows]->values);
    writer.number(instances(row));
    if (instances(row) > 0) devices(row).save(writer);
  }
  devices_.save(writer);
}

RowTable RowTable::load(const model::InventoryClass& type, SnapshotReader& reader) {
  RowTable out(type);
  for (ValueColumn& column : out.columns_) column = ValueColumn::load(reader);
  const std::size_t slots = reader.count();
  for (; out.slots_ < slots && reader.ok(); ++out.slots_) {
    const auto row = static_cast<RowNumber>(out.slots_);
    if (row % kPageRows == 0) {
      auto values = reader.array<ValueNumber>();
      if (!reader.expect(values.size() == kPageRows * out.columns_.size())) return out;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (!reader.expect(values[i] < out.columns_[i % out.columns_.size()].slots())) return out;
      out.pages_.emplace_back().edit().values = std::move(values);
    }
    Slot& slot = out.edit_slot(row);
    slot.instances = reader.number();
    out.all_instances_ += slot.instances;
    if (slot.instances == 0) {
      out.free_.push_back(row);
      continue;
    }
    slot.devices = NumberSet::load(reader);
    out.enter(out.hash_of_row(row), row);
  }
  out.devices_ = NumberSet::load(reader);
  return out;
}

}  // namespace muster::fleet
