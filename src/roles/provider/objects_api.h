// Packages, collections and deployments over the interface: list, get, create, update, delete.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::provider {

Result<net::Response> list_objects(hosting::Site& site, hosting::Call& call);
Result<net::Response> get_object(hosting::Site& site, hosting::Call& call);
Result<net::Response> create_object(hosting::Site& site, hosting::Call& call);
// With If-Match the change is refused when the object has another serial.
Result<net::Response> update_object(hosting::Site& site, hosting::Call& call);
// Refused while another object names it.
Result<net::Response> delete_object(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
