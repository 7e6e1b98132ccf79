// The boundaries of the site database as a map.
#pragma once

#include "model/boundary.h"
#include "store/database.h"

namespace muster::hosting {

Result<model::BoundaryMap> read_boundaries(store::Reader& reader);

}  // namespace muster::hosting
