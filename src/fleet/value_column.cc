#include "fleet/value_column.h"

#include "base/check.h"
#include "fleet/table_hash.h"

namespace muster::fleet {

using model::Value;

namespace {

std::uint64_t hash_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return table_hash({reinterpret_cast<const char*>(number), sizeof *number});
  if (const auto* text = std::get_if<std::string>(&value)) return table_hash(*text);
  if (const auto* version = std::get_if<model::Version>(&value))
    return table_hash(version->text) + static_cast<std::uint64_t>(version->scheme);
  return 0;
}

// Which kind of value it is, and the value.
void save_value(SnapshotWriter& writer, const Value& value) {
  writer.number(value.index());
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    writer.number(static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    writer.bytes(*text);
  } else if (const auto* version = std::get_if<model::Version>(&value)) {
    writer.number(static_cast<std::uint64_t>(version->scheme));
    writer.bytes(version->text);
  }
}

Value load_value(SnapshotReader& reader) {
  switch (reader.number()) {
    case 0:
      return {};
    case 1:
      return static_cast<std::int64_t>(reader.number());
    case 2:
      return std::string(reader.bytes());
    case 3: {
      const std::uint64_t scheme = reader.number();
      reader.expect(scheme <= static_cast<std::uint64_t>(model::VersionScheme::Dotted));
      return model::Version{static_cast<model::VersionScheme>(scheme), std::string(reader.bytes())};
    }
    default:
      reader.spoil();
      return {};
  }
}

}  // namespace

ValueColumn::ValueColumn() { entries_.add(); }

bool ValueColumn::is_absent(const Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

std::optional<ValueNumber> ValueColumn::find(const Value& value) const {
  if (is_absent(value)) return kAbsent;
  return numbers_.find(hash_of(value),
                       [&](ValueNumber number) { return entries_[number].value == value; });
}

ValueNumber ValueColumn::acquire(const Value& value) {
  if (is_absent(value)) return kAbsent;
  const std::uint64_t hash = hash_of(value);
  const auto known =
      numbers_.find(hash, [&](ValueNumber number) { return entries_[number].value == value; });
  if (known) {
    ++entries_.edit(*known).uses;
    return *known;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<ValueNumber>(entries_.size()));
    entries_.add();
  }
  const ValueNumber number = free_.back();
  free_.pop_back();
  entries_.edit(number) = {value, 1};
  numbers_.insert(hash, number);
  return number;
}

bool ValueColumn::release(ValueNumber number) {
  if (number == kAbsent) return false;
  Entry& entry = entries_.edit(number);
  MUSTER_CHECK(entry.uses > 0);
  if (--entry.uses > 0) return false;
  numbers_.erase(hash_of(entry.value), number);
  entry.value = {};
  free_.push_back(number);
  return true;
}

void ValueColumn::save(SnapshotWriter& writer) const {
  writer.number(entries_.size());
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    writer.number(entries_[i].uses);
    save_value(writer, entries_[i].value);
  }
}

ValueColumn ValueColumn::load(SnapshotReader& reader) {
  ValueColumn out;
  const std::size_t count = reader.count();
  for (std::size_t i = 1; i < count && reader.ok(); ++i) {
    out.entries_.add();
    Entry& entry = out.entries_.edit(i);
    entry.uses = static_cast<std::uint32_t>(reader.number());
    entry.value = load_value(reader);
    const auto number = static_cast<ValueNumber>(i);
    if (entry.uses > 0)
      out.numbers_.insert(hash_of(entry.value), number);
    else
      out.free_.push_back(number);
  }
  return out;
}

}  // namespace muster::fleet
