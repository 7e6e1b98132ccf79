// What an operator asks devices for: a cycle now, and what the signed policy of one says.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::provider {

// POST: the device is told at once if it is connected, else when it connects or polls. Errors:
// kNoSuchThing, kBadRequest for a cycle that does not exist, kDeviceNotActive.
Result<net::Response> trigger_cycle(hosting::Site& site, hosting::Call& call);

// POST: the same for all active members of a collection, with one entry in the audit. Errors:
// kNoSuchThing, kBadRequest.
Result<net::Response> trigger_collection(hosting::Site& site, hosting::Call& call);

// GET: the header and the bodies that the management point answers to its polls. Errors:
// kNoSuchThing, also for a device that has no policy yet.
Result<net::Response> get_device_policy(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
