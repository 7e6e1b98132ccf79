// How deployments stand: the counts that the status loader keeps, and devices by state.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"
#include "store/site/objects.h"
#include "wire/node.h"

namespace muster::provider {

// Counts of every state, and of the devices that are members of the collection now. Devices that
// left it stay in the counts of what they reported.
Result<void> add_deployment_status(hosting::Site& site, store::Reader& reader,
                                   const store::Object& deployment, wire::Node& status);

// GET /api/v1/deployments/NAME/devices?state=STATE: who is in which state, by device. Members that
// have reported nothing are "silent".
Result<net::Response> list_deployment_devices(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
