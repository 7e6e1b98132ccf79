// The rows of one device, or of one change, as sorted bytes: docs/formats/site-database.md.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "store/errors.h"

namespace muster::store {

using ClassId = std::uint32_t;

struct RowEntry {
  ClassId type;
  std::uint64_t id;
  // The Unique and the Volatile columns as encode_row writes them.
  Bytes unique;
  Bytes changing;
  friend auto operator<=>(const RowEntry&, const RowEntry&) = default;
};

// `entries` are sorted; equal ones may stand several times.
Bytes encode_row_list(const std::vector<RowEntry>& entries);
// Sorted. Error: kUnexpectedValue.
Result<std::vector<RowEntry>> decode_row_list(ByteView bytes);

// Finds entries of a sorted list by all but their changing columns, each of equal ones once.
class RowFinder {
 public:
  // `list` outlives it; only `changing` is written in it meanwhile.
  explicit RowFinder(const std::vector<RowEntry>& list) : list_(&list) {}
  // The place of the next one.
  std::optional<std::size_t> take(ClassId type, std::uint64_t id, const Bytes& unique);

 private:
  const std::vector<RowEntry>* list_;
  std::map<std::size_t, std::size_t> taken_;  // how many, by the place of the first of equal ones
};

}  // namespace muster::store
