// What the parser says when something is not there. Included by parse.cc alone, like grammar.h.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "model/errors.h"
#include "model/query/building.h"
#include "model/query/grammar.h"
#include "model/query/words.h"

namespace muster::model {

// What must<RULE> says when RULE is not there.
template <typename Rule>
constexpr std::string_view wanted = "something else";
template <>
constexpr std::string_view wanted<grammar::source> = "a class such as InstalledSoftware";
template <>
constexpr std::string_view wanted<grammar::term> = "a condition such as Name == 'openssl'";
inline constexpr std::string_view kLiteralWanted =
    "a literal such as 'text', 42, true, v'1.2', datetime(2026-01-31) or ago(7d)";
template <>
constexpr std::string_view wanted<grammar::open_call> = "'('";
template <>
constexpr std::string_view wanted<grammar::open_list> = "'(' and a list of literals";
template <>
constexpr std::string_view wanted<grammar::list_must<grammar::literal, grammar::comma>> =
    kLiteralWanted;
template <>
constexpr std::string_view wanted<grammar::close_list> = "',' or ')'";
template <>
constexpr std::string_view wanted<grammar::open_between> =
    "'(' and two literals with '..' between them";
template <>
constexpr std::string_view wanted<grammar::dots> = "'..' between the two literals";
template <>
constexpr std::string_view wanted<grammar::call_end> = "')'";
template <>
constexpr std::string_view wanted<grammar::duration> =
    "a duration such as 7d, 12h, 30m, 10s or 500ms";
template <>
constexpr std::string_view wanted<grammar::now_end> = "')', as in now() - 7d,";
template <>
constexpr std::string_view wanted<grammar::open_start> = "'(' and a time";
template <>
constexpr std::string_view wanted<grammar::a_time> =
    "a time such as now(), ago(7d) or datetime(2026-01-31)";
template <>
constexpr std::string_view wanted<grammar::periods> = "a whole number of periods such as -1";
template <>
constexpr std::string_view wanted<grammar::close_start> =
    "')', or a comma and a number of periods,";
template <>
constexpr std::string_view wanted<grammar::distinct_columns> = "a column or *";
template <>
constexpr std::string_view wanted<grammar::top_by> = "'by' and a column";
template <>
constexpr std::string_view wanted<grammar::kind_word> = "kind=inner or kind=leftanti";
template <>
constexpr std::string_view wanted<grammar::kind_sign> = "'=', as in kind=inner,";
template <>
constexpr std::string_view wanted<grammar::open_query> = "'(' and a query";
template <>
constexpr std::string_view wanted<grammar::on_word> = "'on' and a column that both sides have";
template <>
constexpr std::string_view wanted<grammar::on_column> = "a column that both sides have";
template <>
constexpr std::string_view wanted<grammar::tested_name> = "a column";
template <>
constexpr std::string_view wanted<grammar::close_group> = "'and', 'or' or ')'";
template <>
constexpr std::string_view wanted<grammar::open_not> = "'(': write not(CONDITION)";
template <>
constexpr std::string_view wanted<grammar::columns> = "a column";
template <>
constexpr std::string_view wanted<grammar::listed_column> = "a column";
template <>
constexpr std::string_view wanted<grammar::order_key> = "a column";
template <>
constexpr std::string_view wanted<grammar::list_must<grammar::order_key, grammar::comma>> =
    "a column";
template <>
constexpr std::string_view wanted<grammar::order_by> = "'by'";
template <>
constexpr std::string_view wanted<grammar::row_number> = "a number of rows";
template <>
constexpr std::string_view wanted<grammar::quoted_rest<'"'>> = "a closing '\"' on the same line";
template <>
constexpr std::string_view wanted<grammar::quoted_rest<'\''>> = "a closing \"'\" on the same line";
template <>
constexpr std::string_view wanted<grammar::verbatim_end<'"'>> = "a closing '\"'";
template <>
constexpr std::string_view wanted<grammar::verbatim_end<'\''>> = "a closing \"'\"";

// Says that a word is one that KQL has and muster has not yet, or one that nobody has.
inline void explain_word(Building& state, std::string_view what,
                         std::span<const std::string_view> known,
                         std::span<const std::string_view> later) {
  if (state.rest().starts_with('!')) state.token_starts(state.token() + 1);
  std::string_view word = state.found();
  for (const std::string_view candidate : later)  // some have '-' within
    if (candidate.size() > word.size() && candidate.starts_with(word) &&
        state.rest().starts_with(candidate))
      word = candidate;
  if (std::ranges::find(later, word) != later.end())
    state.fail_at(state.token(), kQueryNotYet, fmt::format("'{}' is not yet supported", word));
  else
    state.fail_wanting(what, did_you_mean(word, known));
}

template <typename Rule>
void explain(Building& state) {
  state.fail_wanting(wanted<Rule>);
}
template <>
inline void explain<grammar::the_end>(Building& state) {
  state.fail_wanting(fmt::format("{} or the end of the query", state.continuation));
}
template <>
inline void explain<grammar::close_query>(Building& state) {
  state.fail_wanting(fmt::format("{} or ')'", state.continuation));
}
template <>
inline void explain<grammar::join_kind>(Building& state) {
  constexpr std::string_view kKnown[] = {"inner", "leftanti"};
  constexpr std::string_view kLater[] = {"innerunique", "leftouter",    "rightouter",   "fullouter",
                                         "leftsemi",    "rightsemi",    "leftantisemi", "rightanti",
                                         "anti",        "rightantisemi"};
  explain_word(state, "inner or leftanti", kKnown, kLater);
}
template <>
inline void explain<grammar::on_columns>(Building& state) {
  if (state.rest().starts_with('$'))
    state.fail_at(state.token(), kQueryNotYet,
                  "'$left' and '$right' are not yet supported; name a column that both sides have");
  else
    state.fail_wanting(wanted<grammar::on_column>);
}
template <>
inline void explain<grammar::literal>(Building& state) {
  explain_word(state, kLiteralWanted, {}, later_function_words());
}
template <>
inline void explain<grammar::an_operator>(Building& state) {
  explain_word(state, "where, project, distinct, summarize, order by, top, take or join",
               operator_words(), later_operator_words());
}
template <>
inline void explain<grammar::comparison>(Building& state) {
  if (state.found() == "=")
    state.fail_at(state.token(), kQuerySyntax, "'=' compares nothing; write == or =~");
  else if (state.rest().starts_with('(') || state.rest().starts_with('-') ||
           state.rest().starts_with('+'))
    state.fail_at(state.name.at, kQueryNotYet,
                  fmt::format("reckoning with '{}' left of a comparison is not yet supported; "
                              "compare the column itself, as in BootTime < now() - 7d{}",
                              state.name.text, did_you_mean(state.name.text, comparison_words())));
  else
    explain_word(state, "a comparison such as ==, <, has or in", comparison_words(),
                 later_comparison_words());
}
template <>
inline void explain<grammar::count_call>(Building& state) {
  constexpr std::string_view kKnown[] = {"count"};
  constexpr std::string_view kLater[] = {"dcount",  "sum", "min",       "max",      "avg",
                                         "countif", "by",  "make_list", "make_set", "arg_max"};
  explain_word(state, "count()", kKnown, kLater);
}

}  // namespace muster::model
