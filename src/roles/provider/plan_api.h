// What applying a set of files would do, object by object. Nothing stays: the objects are written
// into a transaction that is rolled back, so later ones are checked against earlier ones.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::provider {

Result<net::Response> plan_objects(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
