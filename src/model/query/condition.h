// Whether a row satisfies an expression, in KQL's three-valued logic.
#pragma once

#include <span>

#include "model/query/plan.h"

namespace muster::model {

enum class Truth { No, Yes, Unknown };

// One value per column, none null: rows whose values lie in several places need no copy.
using RowView = std::span<const Value* const>;

Truth test(const BoundExpression& expression, RowView row, Timestamp now);

}  // namespace muster::model
