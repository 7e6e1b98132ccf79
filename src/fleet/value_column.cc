#include "fleet/value_column.h"

#include "base/check.h"
#include "fleet/table_hash.h"

namespace muster::fleet {

using model::Value;

std::uint64_t hash_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return table_hash({reinterpret_cast<const char*>(number), sizeof *number});
  if (const auto* text = std::get_if<std::string>(&value)) return table_hash(*text);
  if (const auto* version = std::get_if<model::Version>(&value))
    return table_hash(version->text) + static_cast<std::uint64_t>(version->scheme);
  return 0;
}

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

}  // namespace muster::fleet
