// The rows of one device in few bytes: most of them are a number of a row that other devices have
// too, near the number before it.
#pragma once

#include <cstdint>
#include <map>
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
  Bytes unique;
  Bytes changing;
  friend auto operator<=>(const Instance&, const Instance&) = default;
};

// Sorted.
using Instances = std::vector<Instance>;

// Finds instances by all but their changing values, each of equal ones once.
class InstanceFinder {
 public:
  // `list` is sorted and outlives it; only `changing` is written in it meanwhile.
  explicit InstanceFinder(const Instances& list) : list_(&list) {}
  // The place of the next one.
  std::optional<std::size_t> take(RowNumber row, const Bytes& unique);

 private:
  const Instances* list_;
  std::map<std::size_t, std::size_t> taken_;  // how many, by the place of the first of equal ones
};

// The lists of a device by the place of their class. A copy shares its memory until it is changed.
class PackedRows {
 public:
  Instances list(std::size_t place) const;
  std::size_t count(std::size_t place) const;

  // Puts the lists in, each sorted, for those that stood at their places.
  void replace(const std::map<std::size_t, Instances>& lists);

  // Of the heap, the allocator's own needs aside.
  std::size_t heap_bytes() const { return bytes_.heap_bytes(); }

 private:
  SharedArray<std::uint8_t> bytes_;
};

}  // namespace muster::fleet
