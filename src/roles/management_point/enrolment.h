// EST (RFC 7030) at the management point: a device proves itself by a one-time token or waits for
// an operator's approval; later it renews with its own certificate.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::management_point {

// 200 with the certificate; 202 with Retry-After while an approval is wanted; 401 for a bad token.
net::Response est_enroll(hosting::Site& site, hosting::Call& call);
net::Response est_reenroll(hosting::Site& site, hosting::Call& call);

}  // namespace muster::management_point
