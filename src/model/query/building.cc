#include "model/query/building.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/utf8.h"
#include "model/errors.h"
#include "model/query/calendar.h"

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

void Building::start_subquery() {
  outer_.push_back({std::move(query), std::move(join), operator_at});
  query = {};
  join = {};
}

void Building::finish_subquery() {
  MUSTER_CHECK(!outer_.empty());
  Outer outer = std::move(outer_.back());
  outer_.pop_back();
  join = std::move(outer.join);
  join.right.push_back(std::move(query));
  query = std::move(outer.query);
  operator_at = outer.operator_at;
}

bool Building::shift_moment(Duration by) {
  if (auto* fixed = std::get_if<Timestamp>(&moment)) {
    *fixed = *fixed + by;
    return is_query_time(*fixed);
  }
  auto& moving = std::get<FromNow>(moment);
  Duration& shift = moving.starts.empty() ? moving.shift : moving.starts.back().shift;
  shift += by;
  return shift <= kLongestShift && shift >= -kLongestShift;
}

bool Building::cut_moment(Calendar calendar) {
  const StartOf start{calendar, std::exchange(periods, 0), Duration(0)};
  if (auto* fixed = std::get_if<Timestamp>(&moment)) {
    *fixed = start_of(start, *fixed);
    return is_query_time(*fixed);
  }
  std::get<FromNow>(moment).starts.push_back(start);
  return true;
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
  fail_at(position(at), kind, what);
}

void Building::fail_at(QueryPosition where, const ErrorKind& kind, std::string_view what) {
  failure.emplace(kind, fmt::format("line {}, column {}: {}", where.line, where.column, what));
}

void Building::fail_wanting(std::string_view what, std::string_view hint) {
  const std::string_view word = found();
  const std::string seen = word.empty() ? "the end" : fmt::format("'{}'", word.substr(0, 64));
  fail_at(token_, kQuerySyntax, fmt::format("{} is wanted, found {}{}", what, seen, hint));
}

}  // namespace muster::model
