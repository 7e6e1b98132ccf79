// Publishes the catalogue: snapshot and timestamp over what operators signed, by the policy key.
#pragma once

#include "hosting/site.h"

namespace muster::site_server {

// Takes the root that the operator laid into the state folder (1.root.json) when the site was
// made; nothing once the database has one. Later roots come by the provider.
Result<void> import_first_root(hosting::Site& site);

// A new snapshot where root, targets or a package document is newer than the last one says, and a
// new timestamp then, or when the last one is older than `timestamp_age`.
Result<void> publish_catalogue(hosting::Site& site, Duration timestamp_age);

}  // namespace muster::site_server
