// A query while it is being read: what the grammar's actions (parse.cc) fill.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/query/ast.h"

namespace muster::model {

class Building {
 public:
  explicit Building(std::string_view text)
      : text_(text), token_(text.data()), counted_(text.data()) {}

  Query query;
  // Pieces that the next larger piece will take.
  NameInQuery name;
  std::vector<NameInQuery> names;
  std::vector<Literal> literals;
  std::vector<OrderKey> keys;
  Condition condition;
  Summarize summarize;
  std::uint64_t rows = 0;
  Duration duration{0};
  std::int64_t periods = 0;
  std::variant<Timestamp, FromNow> moment;
  Join join;
  QueryPosition operator_at;
  std::size_t operators = 0;  // those of subqueries with them
  std::size_t depth = 0;      // of parentheses
  // What may follow what has just been read, besides the end, for the error when something else
  // does.
  std::string_view continuation = "'|'";
  std::optional<Error> failure;

  // Takes the pending condition and its literals.
  void finish_condition();
  // Between start and finish the parts of one `and` or `or` are read; a single part stays bare.
  void start_parts() { starts_.push_back(expressions_.size()); }
  void finish_parts(Expression::Kind kind);
  void negate();
  Expression take_expression();
  // Between start and finish another query is read: what a join has at its right.
  void start_subquery();
  void finish_subquery();
  // False where the time leaves the years that a time can have.
  bool shift_moment(Duration by);
  bool cut_moment(Calendar calendar);
  void finish_operator(decltype(QueryOperator::value) value, std::string_view continuation_now);

  // Where the last token begins: the place of an error.
  void token_starts(const char* at) { token_ = at; }
  const char* token() const { return token_; }
  // The word or the character there, and all that follows.
  std::string_view found() const;
  std::string_view rest() const;

  QueryPosition position(const char* at);
  void fail_at(const char* at, const ErrorKind& kind, std::string_view what);
  void fail_at(QueryPosition where, const ErrorKind& kind, std::string_view what);
  // kQuerySyntax at the last token: "WHAT is wanted, found ...".
  void fail_wanting(std::string_view what, std::string_view hint = {});

 private:
  struct Outer {
    Query query;
    Join join;
    QueryPosition operator_at;
  };
  std::vector<Outer> outer_;
  std::vector<Expression> expressions_;
  std::vector<std::size_t> starts_;
  std::string_view text_;
  const char* token_;
  const char* counted_;  // position_ is that of counted_
  QueryPosition position_;
};

}  // namespace muster::model
