// Requests that are held until the device shall look at something (connection E2).
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::management_point {

// GET /mp/nudge?seen=EPOCH, with the ETag of the policy that the device was answered last in
// If-None-Match. 200 with a nudge, at once or later; 400 for a malformed epoch, 409 for the earlier
// of two requests, 403 when the device is let in no more. Never blocks: runs on the loop.
net::Holding hold_nudge(hosting::Site& site, hosting::Call& call);

}  // namespace muster::management_point
