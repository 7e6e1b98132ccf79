// The management point (connection 17): the one role that clients talk to for policy and reports.
#pragma once

#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::management_point {

// The routes of connection 17's HTTPS leg: EST enrolment, policy, messages. `site` outlives them.
std::vector<hosting::Route> routes(hosting::Site& site);

// The HTTP leg: documents that prove themselves.
std::vector<hosting::Route> http_routes(hosting::Site& site);

}  // namespace muster::management_point
