#include "model/query/join_table.h"

#include <algorithm>

#include "model/query/values.h"

namespace muster::model {
namespace {

bool agrees_with_nothing(const Value& value, ColumnType type) {
  return type != ColumnType::Text && std::holds_alternative<std::monostate>(value);
}

}  // namespace

// Sorted rather than hashed: the values come from clients, and nobody can choose them so that a
// look-up is slow.
JoinTable::JoinTable(std::span<const JoinKey> keys, std::vector<Row> rows)
    : rows_(std::move(rows)) {
  if (keys.empty()) return;
  std::erase_if(rows_, [&](const Row& row) {
    return std::ranges::any_of(
        keys, [&](const JoinKey& key) { return agrees_with_nothing(row[key.right], key.type); });
  });
  std::ranges::stable_sort(rows_, [&](const Row& a, const Row& b) {
    for (const JoinKey& key : keys)
      if (const int order = compare_values(a[key.right], b[key.right]); order != 0)
        return order < 0;
    return false;
  });
}

std::span<const Row> JoinTable::matching(std::span<const JoinKey> keys, const Row& left) const {
  for (const JoinKey& key : keys)
    if (agrees_with_nothing(left[key.left], key.type)) return {};
  const auto compare = [&](const Row& right) {
    for (const JoinKey& key : keys)
      if (const int order = compare_values(right[key.right], left[key.left]); order != 0)
        return order;
    return 0;
  };
  const auto first = std::partition_point(rows_.begin(), rows_.end(),
                                          [&](const Row& right) { return compare(right) < 0; });
  const auto last = std::partition_point(first, rows_.end(),
                                         [&](const Row& right) { return compare(right) == 0; });
  return {first, last};
}

}  // namespace muster::model
