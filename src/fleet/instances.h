// The rows of one device of one class, while they are changed and compared.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "fleet/number_set.h"
#include "fleet/shared_array.h"

namespace muster::fleet {

using RowNumber = Number;

// One row of a device: the distinct row, and its own values as encode_row writes the Unique and
// the Volatile columns; empty where it has none.
struct Instance {
  RowNumber row;
  SharedArray<char> unique;
  SharedArray<char> changing;
  friend bool operator==(const Instance& a, const Instance& b) { return a <=> b == 0; }
  friend std::strong_ordering operator<=>(const Instance& a, const Instance& b);
};

inline ByteView view_of(const SharedArray<char>& bytes) { return {bytes.begin(), bytes.size()}; }
// Of no memory where there is nothing.
inline SharedArray<char> array_of(ByteView bytes) {
  return bytes.empty() ? SharedArray<char>()
                       : SharedArray<char>(std::span<const char>(bytes.data(), bytes.size()));
}

inline std::strong_ordering operator<=>(const Instance& a, const Instance& b) {
  if (a.row != b.row ||
      (a.unique.empty() && a.changing.empty() && b.unique.empty() && b.changing.empty()))
    return a.row <=> b.row;
  if (const auto order = view_of(a.unique) <=> view_of(b.unique); order != 0) return order;
  return view_of(a.changing) <=> view_of(b.changing);
}

// Sorted.
using Instances = std::vector<Instance>;

// Sorted, each once.
std::vector<RowNumber> row_numbers(const Instances& instances);

// Finds instances by all but their changing values, each of equal ones once.
class InstanceFinder {
 public:
  // `list` is sorted and outlives it; only `changing` is written in it meanwhile.
  explicit InstanceFinder(const Instances& list) : list_(&list), taken_(list.size() + 1) {}
  // The place of the next one.
  std::optional<std::size_t> take(RowNumber row, ByteView unique);

 private:
  const Instances* list_;
  std::vector<std::uint32_t> taken_;  // how many, by the place of the first of equal ones
};

}  // namespace muster::fleet
