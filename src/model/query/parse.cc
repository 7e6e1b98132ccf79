#include "model/query/parse.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "model/query/literal_text.h"
#include "model/query/parse_errors.h"

namespace muster::model {
namespace {

namespace g = grammar;
using Kind = Expression::Kind;

// The library leaves a parse by its exception only; parse_query turns it into state.failure.
template <typename Input>
[[noreturn]] void stop(const Input& in) {
  throw tao::pegtl::parse_error("", in);
}

template <typename Input>
[[noreturn]] void refuse(const Input& in, Building& state, const ErrorKind& kind,
                         std::string_view what) {
  state.fail_at(in.begin(), kind, what);
  stop(in);
}

template <typename Rule>
struct Control : tao::pegtl::normal<Rule> {
  template <typename Input>
  [[noreturn]] static void raise(const Input& in, Building& state) {
    explain<Rule>(state);
    stop(in);
  }
};

template <typename Rule>
struct Action : tao::pegtl::nothing<Rule> {};

// Declares what happens when RULE has been read, from `in` into `state`.
#define ON(RULE)                                         \
  template <>                                            \
  struct Action<RULE> {                                  \
    template <typename Input>                            \
    static void apply(const Input& in, Building& state); \
  };                                                     \
  template <typename Input>                              \
  void Action<RULE>::apply([[maybe_unused]] const Input& in, Building& state)

ON(g::token_start) { state.token_starts(in.begin()); }
ON(g::name_text) { state.name = {in.string(), state.position(in.begin())}; }
ON(g::source) {
  state.query.source = state.name;
  state.continuation = "'|'";
}

template <typename Input, typename T>
void push_literal(const Input& in, Building& state, T value) {
  state.literals.push_back({std::move(value), state.position(in.begin())});
}

// Without `prefix` bytes before the opening quote.
template <typename Input>
std::string inside_quotes(const Input& in, Building& state, std::size_t prefix) {
  const std::string_view whole = in.string_view();
  const auto text = unescape_text(whole.substr(prefix + 1, whole.size() - prefix - 2));
  if (!text)
    refuse(in, state, kQuerySyntax,
           "an unknown escape; \\\\, \\', \\\", \\n, \\r and \\t are known, and @'...' takes \\ as "
           "it is");
  return *text;
}

ON(g::text_value) { push_literal(in, state, inside_quotes(in, state, 0)); }
ON(g::verbatim_value) {
  const std::string_view whole = in.string_view();
  push_literal(in, state, unescape_verbatim(whole.substr(2, whole.size() - 3), whole[1]));
}
ON(g::version_value) {
  VersionLiteral version{inside_quotes(in, state, 1)};
  if (version.text.empty() || version.text.size() > 255)
    refuse(in, state, kQuerySyntax, "a version has 1 to 255 bytes");
  push_literal(in, state, std::move(version));
}
ON(g::number_value) {
  const std::string_view digits = in.string_view();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc()) refuse(in, state, kQuerySyntax, "a number over 64 bits");
  push_literal(in, state, number);
}
ON(g::true_value) { push_literal(in, state, true); }
ON(g::false_value) { push_literal(in, state, false); }
ON(g::now_value) { state.moment = FromNow{}; }
ON(g::duration_text) {
  const auto duration = parse_query_duration(in.string_view());
  if (!duration)
    refuse(in, state, kQuerySyntax,
           "a duration is a whole number with d, h, m, s or ms, at most 100 years: 7d");
  state.duration = *duration;
}
ON(g::ago_value) { state.moment = FromNow{-state.duration, {}}; }
ON(g::time_text) {
  const auto time = parse_query_time(in.string_view());
  if (!time)
    refuse(in, state, kQuerySyntax, "a time is written 2026-01-31 or 2026-01-31T12:00:00Z, in UTC");
  state.moment = *time;
}
constexpr std::string_view kFarTime =
    "a time outside the years 1970 to 9999, or over 100 years from now()";
ON(g::time_shift) {
  if (!state.shift_moment(in.string_view()[0] == '-' ? -state.duration : state.duration))
    refuse(in, state, kQuerySyntax, kFarTime);
}
ON(g::period_digits) {
  const std::string_view digits = in.string_view();
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), state.periods);
  if (error != std::errc() || state.periods > kMostPeriods || state.periods < -kMostPeriods)
    refuse(in, state, kQuerySyntax, fmt::format("{} periods are the most", kMostPeriods));
}
ON(g::start_value) {
  const std::string_view text = in.string_view();
  const Calendar calendar = text.starts_with("startofday")    ? Calendar::Day
                            : text.starts_with("startofweek") ? Calendar::Week
                                                              : Calendar::Month;
  if (!state.cut_moment(calendar)) refuse(in, state, kQuerySyntax, kFarTime);
}
ON(g::time_value) {
  std::visit([&](const auto& moment) { push_literal(in, state, moment); }, state.moment);
}

ON(g::column) { state.condition.column = state.name; }
ON(g::tested_name) { state.condition.column = state.name; }

// The longest comparison that the token starts with: "in~" rather than "in".
template <typename Input>
void set_comparison(const Input& in, Building& state) {
  const std::string_view text = in.string_view();
  std::size_t longest = 0;
  for (auto c = Comparison::Equal; c <= Comparison::IsNotEmpty;
       c = static_cast<Comparison>(static_cast<int>(c) + 1)) {
    if (!text.starts_with(word_of(c)) || word_of(c).size() <= longest) continue;
    longest = word_of(c).size();
    state.condition.comparison = c;
  }
  state.condition.at = state.position(in.begin());
}
ON(g::comparison_symbol) { set_comparison(in, state); }
ON(g::comparison_word) { set_comparison(in, state); }
ON(g::in_word) { set_comparison(in, state); }
ON(g::between_word) { set_comparison(in, state); }
ON(g::is_empty_word) { set_comparison(in, state); }
ON(g::alone) {
  state.condition.at = state.condition.column.at;
  state.literals.push_back({true, state.condition.column.at});
}
ON(g::condition) { state.finish_condition(); }

template <typename Input>
void go_deeper(const Input& in, Building& state) {
  if (++state.depth > kDeepestExpression)
    refuse(in, state, kQueryTooLarge, fmt::format("parentheses over {} deep", kDeepestExpression));
}
ON(g::open_group) { go_deeper(in, state); }
ON(g::open_not) { go_deeper(in, state); }
ON(g::close_group) { --state.depth; }
ON(g::open_start) { go_deeper(in, state); }
ON(g::close_start) { --state.depth; }
ON(g::negation) { state.negate(); }
ON(g::all_start) { state.start_parts(); }
ON(g::any_start) { state.start_parts(); }
ON(g::all_of) { state.finish_parts(Kind::And); }
ON(g::any_of) { state.finish_parts(Kind::Or); }

ON(g::operator_start) {
  if (++state.operators > kMostOperators)
    refuse(in, state, kQueryTooLarge, fmt::format("over {} operators", kMostOperators));
  state.operator_at = state.position(in.begin());
}
ON(g::where_operator) { state.finish_operator(Where{state.take_expression()}, "'and', 'or', '|'"); }

constexpr std::string_view kAfterList = "',', '|'";

ON(g::listed_column) { state.names.push_back(state.name); }
ON(g::project_operator) {
  state.finish_operator(Project{std::move(state.names)}, kAfterList);
  state.names.clear();
}
ON(g::result_name) { state.summarize.name = state.name.text; }
ON(g::summarize_operator) {
  const bool grouped = !state.names.empty();
  state.summarize.by = std::move(state.names);
  state.names.clear();
  state.finish_operator(std::move(state.summarize), grouped ? kAfterList : "'by', '|'");
  state.summarize = {};
}
ON(g::order_column) { state.keys.push_back({state.name, Direction::Descending}); }
ON(g::ascending) { state.keys.back().direction = Direction::Ascending; }
ON(g::order_operator) {
  state.finish_operator(OrderBy{std::move(state.keys)}, kAfterList);
  state.keys.clear();
}
ON(g::row_digits) {
  const std::string_view digits = in.string_view();
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), state.rows);
  if (error != std::errc()) refuse(in, state, kQuerySyntax, "a number over 64 bits");
}
ON(g::take_operator) { state.finish_operator(Take{state.rows}, "'|'"); }
ON(g::distinct_operator) {
  const bool some = !state.names.empty();
  state.finish_operator(Distinct{std::move(state.names)}, some ? kAfterList : "'|'");
  state.names.clear();
}
ON(g::top_operator) {
  state.finish_operator(Top{state.rows, std::move(state.keys)}, kAfterList);
  state.keys.clear();
}
ON(g::inner_kind) { state.join.kind = JoinKind::Inner; }
ON(g::left_anti_kind) { state.join.kind = JoinKind::LeftAnti; }
ON(g::open_query) {
  go_deeper(in, state);
  state.start_subquery();
}
ON(g::close_query) {
  --state.depth;
  state.finish_subquery();
}
ON(g::on_column) { state.names.push_back(state.name); }
ON(g::join_operator) {
  state.join.on = std::move(state.names);
  state.names.clear();
  state.finish_operator(std::move(state.join), kAfterList);
  state.join = {};
}

#undef ON

Result<void> check_text(std::string_view text) {
  if (text.size() > kLongestQuery)
    return fail(kQueryTooLarge, "a query of {} bytes; {} are the most", text.size(), kLongestQuery);
  Building state(text);
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const std::size_t size = utf8_sequence(text.substr(i));
    const bool control =
        (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
    if (size == 0 || control) {
      state.fail_at(text.data() + i, kQuerySyntax,
                    control ? "a control character" : "text that is not UTF-8");
      return fail(*std::move(state.failure));
    }
    i += size;
  }
  return {};
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
  TRY(check_text(text));
  Building state(text);
  tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy> in(text.data(), text.size(), "query");
  try {
    tao::pegtl::parse<g::query, Action, Control>(in, state);
  } catch (const tao::pegtl::parse_error&) {
    if (!state.failure) explain<g::the_end>(state);
  }
  if (state.failure) return fail(*std::move(state.failure));
  return std::move(state.query);
}

}  // namespace muster::model
