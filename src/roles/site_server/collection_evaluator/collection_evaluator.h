// Keeps collections current: rules from the objects into the fleet index, memberships from there
// into the database, and word of every change to the policy builder.
#pragma once

#include <set>

#include "fleet/fleet.h"
#include "hosting/site.h"
#include "store/site/devices.h"
#include "store/site/objects.h"

namespace muster::site_server {

// Reads all devices' rows and all collections; the stored memberships become those that the rules
// give now.
Result<void> load_fleet(hosting::Site& site);

// A collection was created, changed or deleted.
Result<void> follow_collection(hosting::Site& site, const store::Change& change,
                               std::set<store::DeviceNumber>& dirty);

// A device's inventory changed, or it became or ceased to be active.
Result<void> follow_device(hosting::Site& site, const fleet::DeviceChange& change,
                           std::set<store::DeviceNumber>& dirty);
Result<void> forget_device(hosting::Site& site, store::DeviceNumber device);

// Rules about the time, which change without anybody's doing.
Result<void> refresh_collections(hosting::Site& site, std::set<store::DeviceNumber>& dirty);

// The rule of a collection's spec: queries parsed, devices looked up by name, the limit by id.
Result<fleet::CollectionRule> rule_of(store::Reader& reader, std::string_view name, ByteView spec);

}  // namespace muster::site_server
