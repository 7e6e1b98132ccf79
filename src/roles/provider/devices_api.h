// Devices over the interface: list, get, approve, block, delete.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"
#include "store/site/devices.h"

namespace muster::provider {

// By name or id. Errors: kNoSuchThing, kAmbiguousName.
Result<store::Device> named_device(store::Reader& reader, std::string_view name);

Result<net::Response> list_devices(hosting::Site& site, hosting::Call& call);
Result<net::Response> get_device(hosting::Site& site, hosting::Call& call);
Result<net::Response> approve_device(hosting::Site& site, hosting::Call& call);
Result<net::Response> block_device(hosting::Site& site, hosting::Call& call);
Result<net::Response> delete_device(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
