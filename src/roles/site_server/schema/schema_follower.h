// Keeps database and fleet index at the inventory classes that the site's objects declare.
#pragma once

#include <set>
#include <vector>

#include "hosting/site.h"
#include "store/site/objects.h"

namespace muster::site_server {

// Where `changes` are of classes: registers them, and retires those that are gone. Collections
// whose rules ask for a class that changed are to be followed anew: they are added to
// `collections`. Devices with rows of a class that is gone are asked for a full inventory: to
// `dirty`.
Result<void> follow_schema(hosting::Site& site, const std::vector<store::Change>& changes,
                           std::vector<store::Change>& collections,
                           std::set<store::DeviceNumber>& dirty);

}  // namespace muster::site_server
