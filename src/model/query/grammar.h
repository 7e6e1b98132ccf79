// The grammar of queries in PEGTL. Included by parse.cc alone: the library's headers are heavy.
// Every alternative is decided by its first token, and what must follow is must<>: so no action
// is ever undone by backtracking, and a failure is the error at the last token.
#pragma once

#include <tao/pegtl.hpp>

namespace muster::model::grammar {

using namespace tao::pegtl;

struct comment : seq<two<'/'>, until<at<eolf>>> {};
// Where a token begins: the position of an error.
struct token_start : success {};
struct gap : seq<star<sor<space, comment>>, token_start> {};

template <typename Rule>
struct token : seq<Rule, gap> {};
template <char C>
struct sign : token<one<C>> {};
template <typename Text>
struct word : token<seq<Text, not_at<sor<identifier_other, one<'-'>>>>> {};

struct where_word : word<TAO_PEGTL_STRING("where")> {};
struct project_word : word<TAO_PEGTL_STRING("project")> {};
struct summarize_word : word<TAO_PEGTL_STRING("summarize")> {};
struct order_word : sor<word<TAO_PEGTL_STRING("order")>, word<TAO_PEGTL_STRING("sort")>> {};
struct take_word : sor<word<TAO_PEGTL_STRING("take")>, word<TAO_PEGTL_STRING("limit")>> {};
struct distinct_word : word<TAO_PEGTL_STRING("distinct")> {};
struct top_word : word<TAO_PEGTL_STRING("top")> {};
struct join_word : word<TAO_PEGTL_STRING("join")> {};
struct by_word : word<TAO_PEGTL_STRING("by")> {};
struct and_word : word<TAO_PEGTL_STRING("and")> {};
struct or_word : word<TAO_PEGTL_STRING("or")> {};
struct not_word : word<TAO_PEGTL_STRING("not")> {};

struct name_text : identifier {};
struct name : token<name_text> {};

// Literals.
struct escaped : seq<one<'\\'>, not_one<'\n'>> {};
template <char Quote>
struct quoted_rest : until<one<Quote>, sor<escaped, not_one<'\\', '\n'>>> {};
template <char Quote>
struct quoted : if_must<one<Quote>, quoted_rest<Quote>> {};
template <char Quote>
struct verbatim_inside : star<sor<two<Quote>, not_one<Quote>>> {};
template <char Quote>
struct verbatim_end : one<Quote> {};
template <char Quote>
struct verbatim_quoted : if_must<one<Quote>, verbatim_inside<Quote>, verbatim_end<Quote>> {};

struct any_quoted : sor<quoted<'"'>, quoted<'\''>> {};
struct text_value : any_quoted {};
struct verbatim_value : seq<one<'@'>, sor<verbatim_quoted<'"'>, verbatim_quoted<'\''>>> {};
struct version_value : seq<one<'v'>, at<one<'"', '\''>>, any_quoted> {};
struct whole_number : seq<opt<one<'-'>>, plus<digit>> {};
struct number_value : seq<whole_number, not_at<sor<identifier_other, seq<one<'.'>, digit>>>> {};
struct true_value : word<TAO_PEGTL_STRING("true")> {};
struct false_value : word<TAO_PEGTL_STRING("false")> {};

struct comma : sign<','> {};
struct call_end : sign<')'> {};
struct time_text : star<not_one<')', '\n'>> {};
struct duration_text : plus<alnum> {};
struct duration : token<duration_text> {};
struct open_call : sign<'('> {};
struct datetime_value
    : if_must<word<TAO_PEGTL_STRING("datetime")>, open_call, time_text, call_end> {};
struct ago_value : if_must<word<TAO_PEGTL_STRING("ago")>, open_call, duration, call_end> {};
struct now_end : sign<')'> {};
struct now_value : if_must<word<TAO_PEGTL_STRING("now")>, open_call, now_end> {};

// One time goes through a chain of shifts and starts, so that no operand has to be put aside.
struct a_time;
struct start_word : sor<word<TAO_PEGTL_STRING("startofday")>, word<TAO_PEGTL_STRING("startofweek")>,
                        word<TAO_PEGTL_STRING("startofmonth")>> {};
struct open_start : sign<'('> {};
struct close_start : sign<')'> {};
struct period_digits : whole_number {};
struct periods : seq<at<whole_number, not_at<identifier_other>>, token<period_digits>> {};
struct start_value
    : if_must<start_word, open_start, must<a_time>, opt<if_must<comma, periods>>, close_start> {};
struct time_sign : sor<one<'+'>, one<'-'>> {};
struct time_shift : if_must<token<time_sign>, duration> {};
struct a_time : seq<sor<datetime_value, ago_value, now_value, start_value>, star<time_shift>> {};
struct time_value : a_time {};

struct literal : sor<token<verbatim_value>, token<version_value>, token<text_value>,
                     token<number_value>, time_value, true_value, false_value> {};

// Conditions.
struct symbol : sor<string<'=', '='>, string<'=', '~'>, string<'!', '='>, string<'!', '~'>,
                    string<'<', '='>, string<'>', '='>, one<'<'>, one<'>'>> {};
template <typename... Texts>
struct maybe_not : token<seq<opt<one<'!'>>, sor<Texts...>, not_at<identifier_other>>> {};
struct comparison_symbol : token<symbol> {};
struct comparison_word : maybe_not<TAO_PEGTL_STRING("has"), TAO_PEGTL_STRING("contains"),
                                   TAO_PEGTL_STRING("startswith"), TAO_PEGTL_STRING("endswith")> {};
struct in_word : maybe_not<TAO_PEGTL_STRING("in~"), TAO_PEGTL_STRING("in")> {};
struct between_word : maybe_not<TAO_PEGTL_STRING("between")> {};
struct is_empty_word
    : sor<word<TAO_PEGTL_STRING("isempty")>, word<TAO_PEGTL_STRING("isnotempty")>> {};
struct reserved : sor<and_word, or_word, not_word, by_word, true_value, false_value, in_word,
                      between_word, comparison_word, is_empty_word> {};
struct column : seq<not_at<reserved>, name> {};
struct open_list : sign<'('> {};
struct close_list : sign<')'> {};
struct open_between : sign<'('> {};
struct dots : token<two<'.'>> {};

struct compared : if_must<sor<comparison_symbol, comparison_word>, literal> {};
struct listed : if_must<in_word, open_list, list_must<literal, comma>, close_list> {};
struct bounded : if_must<between_word, open_between, literal, dots, literal, call_end> {};
// A boolean column alone: == true.
struct alone : at<sor<eof, one<')', '|'>, and_word, or_word>> {};
struct comparison : sor<compared, listed, bounded, alone> {};

struct tested_name : column {};
struct empty_test : if_must<is_empty_word, open_call, tested_name, call_end> {};
struct condition : sor<empty_test, if_must<column, comparison>> {};

// Expressions.
struct any_of;
struct open_group : sign<'('> {};
struct close_group : sign<')'> {};
struct group : if_must<open_group, any_of, close_group> {};
struct open_not : sign<'('> {};
struct negation : if_must<not_word, open_not, any_of, close_group> {};
struct term : sor<negation, group, condition> {};
struct all_start : success {};
struct any_start : success {};
struct all_of : seq<all_start, must<term>, star<if_must<and_word, term>>> {};
struct any_of : seq<any_start, all_of, star<if_must<or_word, must<all_of>>>> {};

// Operators.
struct listed_column : column {};
struct columns : list_must<listed_column, comma> {};
struct where_operator : if_must<where_word, any_of> {};
struct project_operator : if_must<project_word, columns> {};
struct count_call : if_must<word<TAO_PEGTL_STRING("count")>, open_call, call_end> {};
struct result_name : name {};
struct naming : seq<at<identifier, star<space>, one<'='>>, result_name, sign<'='>> {};
struct summarize_operator
    : if_must<summarize_word, opt<naming>, count_call, opt<if_must<by_word, columns>>> {};
struct ascending : word<TAO_PEGTL_STRING("asc")> {};
struct descending : word<TAO_PEGTL_STRING("desc")> {};
struct order_column : column {};
struct order_key : seq<order_column, opt<sor<ascending, descending>>> {};
struct order_by : by_word {};
struct order_operator : if_must<order_word, order_by, list_must<order_key, comma>> {};
struct row_digits : plus<digit> {};
struct row_number : seq<at<plus<digit>, not_at<identifier_other>>, token<row_digits>> {};
struct take_operator : if_must<take_word, row_number> {};
struct every_column : sign<'*'> {};
struct distinct_columns : sor<every_column, columns> {};
struct distinct_operator : if_must<distinct_word, distinct_columns> {};
struct top_by : by_word {};
struct top_operator : if_must<top_word, row_number, top_by, list_must<order_key, comma>> {};

struct an_operator;
struct source : name {};
struct pipe : sign<'|'> {};
struct some_query : seq<must<source>, star<if_must<pipe, an_operator>>> {};
struct kind_word : word<TAO_PEGTL_STRING("kind")> {};
struct kind_sign : sign<'='> {};
struct inner_kind : word<TAO_PEGTL_STRING("inner")> {};
struct left_anti_kind : word<TAO_PEGTL_STRING("leftanti")> {};
struct join_kind : sor<inner_kind, left_anti_kind> {};
struct open_query : sign<'('> {};
struct close_query : sign<')'> {};
struct on_word : word<TAO_PEGTL_STRING("on")> {};
struct on_column : column {};
struct on_columns : list_must<on_column, comma> {};
struct join_operator : if_must<join_word, kind_word, kind_sign, join_kind, open_query, some_query,
                               close_query, on_word, on_columns> {};

struct operator_start : success {};
struct an_operator
    : seq<operator_start, sor<where_operator, project_operator, summarize_operator, order_operator,
                              take_operator, distinct_operator, top_operator, join_operator>> {};

struct the_end : eof {};
struct query : seq<gap, some_query, must<the_end>> {};

}  // namespace muster::model::grammar
