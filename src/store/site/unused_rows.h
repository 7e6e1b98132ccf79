// Distinct rows that no device and no log entry names any more. Looking through all that name rows
// takes long, so it is done beside the writer; what was named meanwhile is seen before rows go.
#pragma once

#include <span>
#include <vector>

#include "store/site/inventory.h"

namespace muster::store {

struct UnusedRows {
  std::vector<RowId> ids;  // ascending
  std::int64_t as_of = 0;  // the counter InventorySequence at that moment
};
Result<UnusedRows> find_unused_rows(Reader& reader);

// Deletes those of `some`, unused as of then, that nothing has named since; returns how many. Who
// keeps KnownRows forgets them then.
Result<std::int64_t> remove_unused_rows(Transaction& transaction, std::span<const RowId> some,
                                        std::int64_t as_of);

}  // namespace muster::store
