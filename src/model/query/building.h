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
  QueryPosition operator_at;
  std::size_t depth = 0;  // of parentheses
  // What may follow what has just been read, for the error when something else does.
  std::string_view continuation = "'|' or the end of the query";
  std::optional<Error> failure;

  // Takes the pending condition and its literals.
  void finish_condition();
  // Between start and finish the parts of one `and` or `or` are read; a single part stays bare.
  void start_parts() { starts_.push_back(expressions_.size()); }
  void finish_parts(Expression::Kind kind);
  void negate();
  Expression take_expression();
  void finish_operator(decltype(QueryOperator::value) value, std::string_view continuation_now);

  // Where the last token begins: the place of an error.
  void token_starts(const char* at) { token_ = at; }
  const char* token() const { return token_; }
  // The word or the character there, and all that follows.
  std::string_view found() const;
  std::string_view rest() const;

  QueryPosition position(const char* at);
  void fail_at(const char* at, const ErrorKind& kind, std::string_view what);
  // kQuerySyntax at the last token: "WHAT is wanted, found ...".
  void fail_wanting(std::string_view what, std::string_view hint = {});

 private:
  std::vector<Expression> expressions_;
  std::vector<std::size_t> starts_;
  std::string_view text_;
  const char* token_;
  const char* counted_;  // position_ is that of counted_
  QueryPosition position_;
};

}  // namespace muster::model
