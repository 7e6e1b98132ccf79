// Values in order, and rows by their values.
#pragma once

#include <string>
#include <vector>

#include "model/query/plan.h"

namespace muster::model {

// Absent values and empty texts first, texts by their bytes, versions by scheme and then by its
// order.
int compare_values(const Value& a, const Value& b);

// In the order of the keys.
int compare_by_keys(const std::vector<SortKey>& keys, const Row& a, const Row& b);

// By all columns. Versions that only differ in spelling still have their places.
int compare_rows(const Row& a, const Row& b);

// The values of these columns as bytes: equal values, equal bytes. An empty text is an absent one
// to KQL: one group, not two.
std::string group_key(const Row& row, const std::vector<std::size_t>& columns);

// What a group shows for a value.
Value group_value(const Value& value);

}  // namespace muster::model
