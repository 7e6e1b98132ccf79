// Looks up the names of a query and checks its types.
#pragma once

#include "base/result.h"
#include "model/query/plan.h"
#include "model/schema.h"

namespace muster::model {

// The plan is good as long as `schema` or a copy of it. Errors name line and column:
// kQueryUnknownName with the nearest known name, kQueryType with the form that the column wants.
Result<Plan> resolve(const Query& query, const Schema& schema);

// The same for a query that decides which devices belong to something. Error besides: kQueryType
// for one that counts or cuts off.
Result<Plan> resolve_rule(const Query& query, const Schema& schema);

}  // namespace muster::model
