// Routes of devices over plain HTTP: one sealed request carries what HTTPS would, and the same
// handlers answer it. They do not know which leg spoke.
#pragma once

#include <string>
#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::hosting {

// POST /mp/sealed of that connection, in front of `routes` (of access Device). The body is spooled
// to a file, so that strangers cannot fill the memory. `site` outlives the route.
Route sealed_route(Site& site, const std::string& connection, std::vector<Route> routes);

}  // namespace muster::hosting
