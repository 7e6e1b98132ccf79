// The server locator point (connection 18): which site and management point serve an address.
// Anonymous, read only; the answer is signed, so the channel needs no trust.
#pragma once

#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::server_locator_point {

// The routes of connection 18. `site` outlives them.
std::vector<hosting::Route> routes(hosting::Site& site);

}  // namespace muster::server_locator_point
