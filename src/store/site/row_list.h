// The rows of one device, or of one change, as sorted bytes: docs/formats/site-database.md.
#pragma once

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

}  // namespace muster::store
