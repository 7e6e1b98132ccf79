// Which devices each collection holds, as the evaluator last found.
#pragma once

#include "model/ids.h"
#include "store/site/devices.h"

namespace muster::store {

struct CollectionMember {
  DeviceNumber device;
  Timestamp since;
};

// Adding a member and removing a stranger changes nothing; the answer says whether it did.
Result<bool> add_member(Transaction& transaction, const model::ObjectId& collection,
                        DeviceNumber device, Timestamp now);
Result<bool> remove_member(Transaction& transaction, const model::ObjectId& collection,
                           DeviceNumber device);
// All members of a collection that is deleted; returns how many.
Result<std::int64_t> remove_members(Transaction& transaction, const model::ObjectId& collection);

// By number, those after `after`; at most `limit`.
Result<std::vector<CollectionMember>> members_of(Reader& reader, const model::ObjectId& collection,
                                                 DeviceNumber after, std::int64_t limit);
Result<std::int64_t> count_members(Reader& reader, const model::ObjectId& collection);
Result<bool> is_member(Reader& reader, const model::ObjectId& collection, DeviceNumber device);
Result<std::vector<model::ObjectId>> collections_of(Reader& reader, DeviceNumber device);

}  // namespace muster::store
