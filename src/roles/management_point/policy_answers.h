// Policy polls: the device's signed header, or "nothing new" with the site's signed time.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::management_point {

// 200 with the header document, 304 when If-None-Match names it, 404 while there is none. Each
// carries the site's signed time in Muster-Site-Time. Never blocks: runs on the loop.
// 403 when the poll shows that two machines have the identity; the device is let in no more.
net::Response answer_policy(hosting::Site& site, hosting::Call& call);

// A body that the caller's own header names, or did a moment ago; 403 for any other.
net::Response answer_policy_body(hosting::Site& site, hosting::Call& call);

// Several such bodies (contract/policy_bodies.h); 403 where one of them is another.
net::Response answer_policy_bodies(hosting::Site& site, hosting::Call& call);

}  // namespace muster::management_point
