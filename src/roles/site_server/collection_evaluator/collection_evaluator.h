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

// The same with the index that stands: after an outage of the database, in which changes of one may
// have been lost to the other. Who became inactive meanwhile stays; the log of changes tells.
Result<void> catch_up_fleet(hosting::Site& site);

// Whether the log of changes has some that nobody has read yet.
enum class MoreChanges { No, Yes };

// Collections were created, changed or deleted, each after those that it names. What has to wait
// for a change that has not been read yet stays in `waiting`; what cannot be followed at all is
// logged. Errors are the database's, and then what was not followed is still in `waiting`.
Result<void> follow_collections(hosting::Site& site, std::vector<store::Change>& waiting,
                                MoreChanges more, std::set<store::DeviceNumber>& dirty);

// A device's inventory changed, or it became or ceased to be active.
Result<void> follow_device(hosting::Site& site, const fleet::DeviceChange& change,
                           std::set<store::DeviceNumber>& dirty);
Result<void> forget_device(hosting::Site& site, store::DeviceNumber device);

// Rules about the time, which change without anybody's doing.
Result<void> refresh_collections(hosting::Site& site, std::set<store::DeviceNumber>& dirty);

// The rule of a collection's spec: queries parsed, devices by number, other collections by id.
Result<fleet::CollectionRule> rule_of(store::Reader& reader, std::string_view name, ByteView spec);

}  // namespace muster::site_server
