// Handlers about copies of devices' files.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::provider {

Result<net::Response> list_files(hosting::Site& site, hosting::Call& call);
// One version's bytes. Who reads it stands in the audit.
Result<net::Response> get_file(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
