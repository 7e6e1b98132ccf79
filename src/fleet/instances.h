// The rows of one device of one class, while they are changed and compared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "fleet/number_set.h"

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

// Sorted, each once.
std::vector<RowNumber> row_numbers(const Instances& instances);

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

}  // namespace muster::fleet
