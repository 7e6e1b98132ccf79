#include "model/query/condition.h"

#include <algorithm>
#include <array>

#include "model/query/bind.h"
#include "model/query/calendar.h"

namespace muster::model {
namespace {

Truth truth(bool value) { return value ? Truth::Yes : Truth::No; }

Truth negate(Truth value) {
  if (value == Truth::Unknown) return value;
  return truth(value == Truth::No);
}

bool is_absent(const Value& value) { return std::holds_alternative<std::monostate>(value); }

// A text is never absent to KQL, it is empty.
std::string_view text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* version = std::get_if<Version>(&value)) return version->text;
  return {};
}

bool is_term_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<std::uint8_t>(c) >= 0x80;
}

// A text in lower case as fold_case() makes it, mostly without memory of the heap: most texts are
// short, and a query may look at all that there are.
class Folded {
 public:
  explicit Folded(std::string_view text) {
    if (text.size() > few_.size()) {
      many_ = fold_case(text);
      view_ = many_;
      return;
    }
    std::ranges::transform(text, few_.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    view_ = {few_.data(), text.size()};
  }
  Folded(const Folded&) = delete;
  Folded& operator=(const Folded&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::array<char, 256> few_;
  std::string many_;
  std::string_view view_;
};

// `term` stands in `text` and neither begins nor ends within a run of letters and digits.
bool has_term(std::string_view text, std::string_view term) {
  if (term.empty()) return true;
  for (std::size_t i = text.find(term); i != std::string_view::npos; i = text.find(term, i + 1)) {
    const std::size_t end = i + term.size();
    const bool begins = i == 0 || !is_term_character(text[i - 1]) || !is_term_character(term[0]);
    const bool ends =
        end == text.size() || !is_term_character(text[end]) || !is_term_character(term.back());
    if (begins && ends) return true;
  }
  return false;
}

// Less than, equal to or greater than 0 as the value is before, at or after the literal.
int compare(const Value& value, const BoundLiteral& literal, ColumnType type, Timestamp now) {
  if (type == ColumnType::Text) return text_of(value).compare(literal.text);
  if (const auto* version = std::get_if<Version>(&value))
    return compare_versions(version->scheme, version->text, literal.text);
  const std::int64_t number = std::get<std::int64_t>(value);
  const std::int64_t other = literal.from_now ? time_of(*literal.from_now, now).ms : literal.number;
  return (number > other) - (number < other);
}

Truth test_search(const BoundCondition& condition, const Value& value) {
  const Folded folded(text_of(value));
  const std::string_view text = folded.view();
  const std::string& wanted = condition.literals[0].text;
  switch (condition.comparison) {
    case Comparison::EqualAnyCase:
      return truth(text == wanted);
    case Comparison::NotEqualAnyCase:
      return truth(text != wanted);
    case Comparison::Has:
      return truth(has_term(text, wanted));
    case Comparison::NotHas:
      return truth(!has_term(text, wanted));
    case Comparison::Contains:
      return truth(text.find(wanted) != std::string::npos);
    case Comparison::NotContains:
      return truth(text.find(wanted) == std::string::npos);
    case Comparison::StartsWith:
      return truth(text.starts_with(wanted));
    case Comparison::NotStartsWith:
      return truth(!text.starts_with(wanted));
    case Comparison::EndsWith:
      return truth(text.ends_with(wanted));
    default:
      return truth(!text.ends_with(wanted));
  }
}

Truth test_list(const BoundCondition& condition, const Value& value, Timestamp now) {
  const Comparison comparison = condition.comparison;
  const bool any_case =
      comparison == Comparison::InAnyCase || comparison == Comparison::NotInAnyCase;
  const bool wanted = comparison == Comparison::In || comparison == Comparison::InAnyCase;
  if (any_case) {
    const Folded folded(text_of(value));
    const std::string_view text = folded.view();
    return truth(wanted == std::ranges::any_of(
                               condition.literals,
                               [&](const BoundLiteral& literal) { return literal.text == text; }));
  }
  const bool nothing = condition.type != ColumnType::Text && is_absent(value);
  const bool found =
      !nothing && std::ranges::any_of(condition.literals, [&](const BoundLiteral& literal) {
        return compare(value, literal, condition.type, now) == 0;
      });
  return truth(wanted == found);
}

// Order and equality; `value` is there.
bool in_order(const BoundCondition& condition, const Value& value, Timestamp now) {
  const int order = compare(value, condition.literals[0], condition.type, now);
  switch (condition.comparison) {
    case Comparison::Equal:
      return order == 0;
    case Comparison::NotEqual:
      return order != 0;
    case Comparison::Less:
      return order < 0;
    case Comparison::LessOrEqual:
      return order <= 0;
    case Comparison::Greater:
      return order > 0;
    case Comparison::GreaterOrEqual:
      return order >= 0;
    default:
      break;
  }
  const bool within = order >= 0 && compare(value, condition.literals[1], condition.type, now) <= 0;
  return within == (condition.comparison == Comparison::Between);
}

Truth test_condition(const BoundCondition& condition, const Value& value, Timestamp now) {
  switch (condition.comparison) {
    case Comparison::IsEmpty:
    case Comparison::IsNotEmpty: {
      const bool empty = is_absent(value) || (std::holds_alternative<std::string>(value) &&
                                              std::get<std::string>(value).empty());
      return truth(empty == (condition.comparison == Comparison::IsEmpty));
    }
    case Comparison::In:
    case Comparison::NotIn:
    case Comparison::InAnyCase:
    case Comparison::NotInAnyCase:
      return test_list(condition, value, now);
    case Comparison::Equal:
    case Comparison::NotEqual:
      if (condition.type != ColumnType::Text && is_absent(value))
        return truth(condition.comparison == Comparison::NotEqual);
      return truth(in_order(condition, value, now));
    case Comparison::Less:
    case Comparison::LessOrEqual:
    case Comparison::Greater:
    case Comparison::GreaterOrEqual:
    case Comparison::Between:
    case Comparison::NotBetween:
      if (is_absent(value)) return Truth::Unknown;
      return truth(in_order(condition, value, now));
    default:
      return test_search(condition, value);
  }
}

}  // namespace

Truth test(const BoundExpression& expression, RowView row, Timestamp now) {
  using Kind = Expression::Kind;
  if (expression.kind == Kind::Condition)
    return test_condition(expression.condition, *row[expression.condition.column], now);
  if (expression.kind == Kind::Not) return negate(test(expression.parts[0], row, now));
  // No decides an and, Yes decides an or; else one Unknown makes all of it unknown.
  const Truth deciding = expression.kind == Kind::And ? Truth::No : Truth::Yes;
  Truth all = negate(deciding);
  for (const BoundExpression& part : expression.parts) {
    const Truth one = test(part, row, now);
    if (one == deciding) return one;
    if (one == Truth::Unknown) all = Truth::Unknown;
  }
  return all;
}

}  // namespace muster::model
