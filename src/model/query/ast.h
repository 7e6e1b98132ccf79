// A query as values: what was written, with its positions and without knowledge of classes.
// The language is described in docs/query-language.md.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"

namespace muster::model {

inline constexpr std::size_t kLongestQuery = 16'384;  // bytes
inline constexpr std::size_t kDeepestExpression = 32;
inline constexpr std::size_t kMostOperators = 32;   // those of subqueries with them
inline constexpr std::int64_t kMostPeriods = 1200;  // that startofday() and the like go away

// Where something stands in the text, from 1; columns count characters. Queries that differ only
// in positions are equal, so this is always equal to another.
struct QueryPosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend bool operator==(const QueryPosition&, const QueryPosition&) { return true; }
};

struct NameInQuery {
  std::string text;
  QueryPosition at;
  friend bool operator==(const NameInQuery&, const NameInQuery&) = default;
};

// v"1.2.3": compared in the scheme of the value that it meets.
struct VersionLiteral {
  std::string text;
  friend bool operator==(const VersionLiteral&, const VersionLiteral&) = default;
};

// The start of the day, the week (its Sunday, as in KQL) or the month that a moment is in; in UTC.
enum class Calendar { Day, Week, Month };

// startofday(TIME, periods) + shift.
struct StartOf {
  Calendar calendar = Calendar::Day;
  std::int64_t periods = 0;  // later; before 0: earlier
  Duration shift{0};
  friend bool operator==(const StartOf&, const StartOf&) = default;
};

// A time that moves with the clock: now() + shift, then each of `starts`, the innermost first.
// ago(7d) is now() - 7d.
struct FromNow {
  Duration shift{0};
  std::vector<StartOf> starts{};
  friend bool operator==(const FromNow&, const FromNow&) = default;
};

struct Literal {
  std::variant<std::string, std::int64_t, bool, VersionLiteral, Timestamp, FromNow> value;
  QueryPosition at;
  friend bool operator==(const Literal&, const Literal&) = default;
};

// In the order of comparison_words() (words.h).
enum class Comparison {
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  EqualAnyCase,
  NotEqualAnyCase,
  Has,
  NotHas,
  Contains,
  NotContains,
  StartsWith,
  NotStartsWith,
  EndsWith,
  NotEndsWith,
  In,
  NotIn,
  InAnyCase,
  NotInAnyCase,
  Between,
  NotBetween,
  IsEmpty,
  IsNotEmpty,
};

// COLUMN COMPARISON LITERALS: one literal, two of Between, any number of In, none of IsEmpty.
struct Condition {
  NameInQuery column;
  Comparison comparison = Comparison::Equal;
  std::vector<Literal> literals;
  QueryPosition at;  // of the comparison
  friend bool operator==(const Condition&, const Condition&) = default;
};

// A condition, or and / or / not over parts: two or more, not over exactly one.
struct Expression {
  enum class Kind { Condition, And, Or, Not };
  Kind kind = Kind::Condition;
  Condition condition;
  std::vector<Expression> parts;
  friend bool operator==(const Expression&, const Expression&) = default;
};

struct Where {
  Expression condition;
  friend bool operator==(const Where&, const Where&) = default;
};

struct Project {
  std::vector<NameInQuery> columns;
  friend bool operator==(const Project&, const Project&) = default;
};

enum class Aggregate { Count };

// summarize NAME = count() by COLUMNS.
struct Summarize {
  Aggregate aggregate = Aggregate::Count;
  std::string name = "count_";
  std::vector<NameInQuery> by;
  friend bool operator==(const Summarize&, const Summarize&) = default;
};

enum class Direction { Descending, Ascending };

struct OrderKey {
  NameInQuery column;
  Direction direction = Direction::Descending;
  friend bool operator==(const OrderKey&, const OrderKey&) = default;
};

struct OrderBy {
  std::vector<OrderKey> keys;
  friend bool operator==(const OrderBy&, const OrderBy&) = default;
};

struct Take {
  std::uint64_t rows = 0;
  friend bool operator==(const Take&, const Take&) = default;
};

// The different rows; no columns: all of them.
struct Distinct {
  std::vector<NameInQuery> columns;
  friend bool operator==(const Distinct&, const Distinct&) = default;
};

// The first rows in the order of the keys.
struct Top {
  std::uint64_t rows = 0;
  std::vector<OrderKey> keys;
  friend bool operator==(const Top&, const Top&) = default;
};

// Inner: each row with each row at the right that agrees with it. LeftAnti: the rows with which
// none agrees.
enum class JoinKind { Inner, LeftAnti };

struct Query;
struct Join {
  JoinKind kind = JoinKind::Inner;
  std::vector<Query> right;  // exactly one
  std::vector<NameInQuery> on;
  friend bool operator==(const Join& a, const Join& b);
};

struct QueryOperator {
  std::variant<Where, Project, Summarize, OrderBy, Take, Distinct, Top, Join> value;
  QueryPosition at;
  friend bool operator==(const QueryOperator&, const QueryOperator&) = default;
};

// CLASS | OPERATOR | OPERATOR ...
struct Query {
  NameInQuery source;
  std::vector<QueryOperator> operators;
  friend bool operator==(const Query&, const Query&) = default;
};

inline bool operator==(const Join& a, const Join& b) {
  return a.kind == b.kind && a.right == b.right && a.on == b.on;
}

}  // namespace muster::model
