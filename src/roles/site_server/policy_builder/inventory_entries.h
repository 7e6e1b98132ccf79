// What is collected beside the program's inventory, as the site's objects and the catalogue say.
#pragma once

#include "contract/policy.h"
#include "store/database.h"

namespace muster::site_server {

// The newest signed document of each such object, by role; without those that have none.
Result<std::vector<contract::EntryReference>> inventory_entries(store::Reader& reader);

}  // namespace muster::site_server
