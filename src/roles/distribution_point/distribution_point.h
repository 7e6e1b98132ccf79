// The distribution point (connection 15): content by hash under an unguessable folder, and the
// catalogue's signed public documents.
#pragma once

#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::distribution_point {

// The HTTP leg: whoever knows the folder's 128-bit name may read; everything there is signed.
std::vector<hosting::Route> http_routes(hosting::Site& site);
// The HTTPS leg: the caller's own policy must name the package.
std::vector<hosting::Route> https_routes(hosting::Site& site);

}  // namespace muster::distribution_point
