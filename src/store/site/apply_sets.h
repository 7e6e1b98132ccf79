// Which set of files each object belongs to, so that `apply --prune` deletes only what its own set
// once brought. An object is in at most one set.
#pragma once

#include "model/ids.h"
#include "store/database.h"

namespace muster::store {

// Moves the object from the set that it was in, if any.
Result<void> set_apply_set(Transaction& transaction, const model::ObjectId& object,
                           std::string_view name);
// A deleted object is in no set.
Result<void> leave_apply_set(Transaction& transaction, const model::ObjectId& object);
Result<std::optional<std::string>> apply_set_of(Reader& reader, const model::ObjectId& object);
// In order of id.
Result<std::vector<model::ObjectId>> objects_of_apply_set(Reader& reader, std::string_view name);

}  // namespace muster::store
