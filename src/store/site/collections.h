// Which devices each collection holds, as the evaluator last found: for the views for reports.
// Whoever decides by it asks the fleet index.
#pragma once

#include <span>

#include "model/ids.h"
#include "store/site/devices.h"

namespace muster::store {

struct CollectionMember {
  DeviceNumber device;
  Timestamp since;
};

// Adding members and removing strangers changes nothing; what is no device is passed over.
Result<void> add_members(Transaction& transaction, const model::ObjectId& collection,
                         std::span<const DeviceNumber> devices, Timestamp now);
Result<void> remove_members(Transaction& transaction, const model::ObjectId& collection,
                            std::span<const DeviceNumber> devices);
// All of a collection that is deleted.
Result<void> remove_all_members(Transaction& transaction, const model::ObjectId& collection);
// Of every collection.
Result<void> forget_members(Transaction& transaction);

// By number, those after `after`; at most `limit`.
Result<std::vector<CollectionMember>> members_of(Reader& reader, const model::ObjectId& collection,
                                                 DeviceNumber after, std::int64_t limit);

}  // namespace muster::store
