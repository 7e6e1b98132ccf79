// Queries from text and back.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/query/ast.h"

namespace muster::model {

// Errors name line and column, what was wanted there and what was found: kQuerySyntax;
// kQueryNotYet for what KQL has and muster has not yet; kQueryTooLarge for a text over
// kLongestQuery, more than kMostOperators, or parentheses over kDeepestExpression deep.
// Names of classes and columns are not looked up: resolve.h does.
Result<Query> parse_query(std::string_view text);

// The one spelling of a query: parse_query returns an equal query for it.
std::string to_text(const Query& query);

}  // namespace muster::model
