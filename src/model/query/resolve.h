// Looks up the names of a query and checks its types.
#pragma once

#include "base/result.h"
#include "model/query/plan.h"

namespace muster::model {

// Errors name line and column: kQueryUnknownName with the nearest known name, kQueryType with the
// form that the column wants.
Result<Plan> resolve(const Query& query);

// The same for a query that decides which devices belong to something. Error besides: kQueryType
// for one that counts or cuts off.
Result<Plan> resolve_rule(const Query& query);

}  // namespace muster::model
