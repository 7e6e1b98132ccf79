// One condition against one column: whether the comparison and the literals suit its type.
#pragma once

#include "base/result.h"
#include "model/query/plan.h"

namespace muster::model {

// `column` of the result is left 0. Error: kQueryType, with position and remedy.
Result<BoundCondition> bind_condition(const Condition& condition, const QueryColumn& column);

// ASCII letters to lower case: what "any case" means everywhere in the language.
std::string fold_case(std::string_view text);

}  // namespace muster::model
