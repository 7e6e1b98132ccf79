// The words of the query language, and the nearest one to a misspelt word.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/query/ast.h"

namespace muster::model {

// "==", "!has", "in~", "isempty": the spelling of a comparison.
std::string_view word_of(Comparison comparison);

// The operators that queries have, and those of KQL that come later.
std::span<const std::string_view> operator_words();
std::span<const std::string_view> later_operator_words();
// The functions of KQL that come later.
std::span<const std::string_view> later_function_words();

// The comparisons that are written as words, without their "!".
std::span<const std::string_view> comparison_words();
// Words that stand for comparisons in KQL and come later.
std::span<const std::string_view> later_comparison_words();

// Words that mean something themselves and so name no column: and, or, not, by, ...
bool is_reserved_word(std::string_view word);

// "; did you mean 'X'?" for the nearest of `known`, empty where none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace muster::model
