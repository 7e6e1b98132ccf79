// Operators over the interface: block and let in again. Who operators are is a matter of
// certificates; the site only knows whom it refuses.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::provider {

// Refuses every certificate of the operator of that name from now on. Error: kBadRequest for
// one's own name.
Result<net::Response> block_operator(hosting::Site& site, hosting::Call& call);
// Lets a blocked operator in again. Error: kNoSuchThing when he is not blocked.
Result<net::Response> approve_operator(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
