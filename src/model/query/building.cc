#include "model/query/building.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/utf8.h"
#include "model/errors.h"

namespace muster::model {

void Building::finish_condition() {
  condition.literals = std::move(literals);
  literals.clear();
  Expression expression;
  expression.condition = std::move(condition);
  condition = {};
  expressions_.push_back(std::move(expression));
}

void Building::finish_parts(Expression::Kind kind) {
  MUSTER_CHECK(!starts_.empty() && starts_.back() < expressions_.size());
  const auto first = expressions_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
  starts_.pop_back();
  if (std::next(first) == expressions_.end()) return;
  Expression whole;
  whole.kind = kind;
  whole.parts.assign(std::make_move_iterator(first), std::make_move_iterator(expressions_.end()));
  expressions_.erase(first, expressions_.end());
  expressions_.push_back(std::move(whole));
}

void Building::negate() {
  Expression whole;
  whole.kind = Expression::Kind::Not;
  whole.parts.push_back(take_expression());
  expressions_.push_back(std::move(whole));
}

Expression Building::take_expression() {
  MUSTER_CHECK(!expressions_.empty());
  Expression out = std::move(expressions_.back());
  expressions_.pop_back();
  return out;
}

void Building::finish_operator(decltype(QueryOperator::value) value,
                               std::string_view continuation_now) {
  query.operators.push_back({std::move(value), operator_at});
  continuation = continuation_now;
}

std::string_view Building::rest() const {
  return text_.substr(static_cast<std::size_t>(token_ - text_.data()));
}

std::string_view Building::found() const {
  const std::string_view left = rest();
  const auto end = std::ranges::find_if_not(left, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  if (end != left.begin()) return left.substr(0, static_cast<std::size_t>(end - left.begin()));
  return left.substr(0, utf8_sequence(left));
}

QueryPosition Building::position(const char* at) {
  if (at < counted_) {
    counted_ = text_.data();
    position_ = {};
  }
  for (; counted_ < at; ++counted_) {
    const auto byte = static_cast<std::uint8_t>(*counted_);
    if (byte == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((byte & 0xc0) != 0x80) {
      ++position_.column;
    }
  }
  return position_;
}

void Building::fail_at(const char* at, const ErrorKind& kind, std::string_view what) {
  const QueryPosition where = position(at);
  failure.emplace(kind, fmt::format("line {}, column {}: {}", where.line, where.column, what));
}

void Building::fail_wanting(std::string_view what, std::string_view hint) {
  const std::string_view word = found();
  const std::string seen = word.empty() ? "the end" : fmt::format("'{}'", word.substr(0, 64));
  fail_at(token_, kQuerySyntax, fmt::format("{} is wanted, found {}{}", what, seen, hint));
}

}  // namespace muster::model
