// The inventory classes that a site's database says there are.
#pragma once

#include "model/schema.h"
#include "store/database.h"

namespace muster::hosting {

// The program's classes and those of the objects InventoryClass. Errors: those of the objects.
Result<model::Schema> stored_schema(store::Reader& reader);

}  // namespace muster::hosting
