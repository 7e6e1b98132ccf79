#include "model/query/bind.h"

#include <algorithm>

#include "model/errors.h"
#include "model/query/words.h"

namespace muster::model {
namespace {

// What comparisons have in common.
enum class Family { Equality, Order, AnyCase, Search, List, ListAnyCase, Range, Emptiness };

Family family_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::Equal:
    case Comparison::NotEqual:
      return Family::Equality;
    case Comparison::Less:
    case Comparison::LessOrEqual:
    case Comparison::Greater:
    case Comparison::GreaterOrEqual:
      return Family::Order;
    case Comparison::EqualAnyCase:
    case Comparison::NotEqualAnyCase:
      return Family::AnyCase;
    case Comparison::Has:
    case Comparison::NotHas:
    case Comparison::Contains:
    case Comparison::NotContains:
    case Comparison::StartsWith:
    case Comparison::NotStartsWith:
    case Comparison::EndsWith:
    case Comparison::NotEndsWith:
      return Family::Search;
    case Comparison::In:
    case Comparison::NotIn:
      return Family::List;
    case Comparison::InAnyCase:
    case Comparison::NotInAnyCase:
      return Family::ListAnyCase;
    case Comparison::Between:
    case Comparison::NotBetween:
      return Family::Range;
    case Comparison::IsEmpty:
    case Comparison::IsNotEmpty:
      break;
  }
  return Family::Emptiness;
}

bool suits(Family family, ColumnType type) {
  switch (family) {
    case Family::Equality:
    case Family::List:
    case Family::Emptiness:
      return true;
    case Family::Order:
    case Family::Range:
      return type != ColumnType::Text && type != ColumnType::Boolean;
    case Family::AnyCase:
    case Family::ListAnyCase:
      return type == ColumnType::Text;
    case Family::Search:
      break;
  }
  return type == ColumnType::Text || type == ColumnType::Version;
}

struct TypeWords {
  std::string_view noun;
  std::string_view example;  // of a literal
  std::string_view comparisons;
};

TypeWords words_for(ColumnType type) {
  switch (type) {
    case ColumnType::Text:
      return {"a text", "'text'", "== != =~ !~ has contains startswith endswith in isempty()"};
    case ColumnType::Integer:
      return {"a whole number", "42", "== != < <= > >= in between isempty()"};
    case ColumnType::Boolean:
      return {"true or false", "true", "== != isempty()"};
    case ColumnType::Time:
      return {"a time", "datetime(2026-01-31) or ago(7d)", "== != < <= > >= between isempty()"};
    case ColumnType::Version:
      break;
  }
  return {"a version", "v'1.2.3'",
          "== != < <= > >= in between has contains startswith endswith isempty()"};
}

std::string_view noun_of(const Literal& literal) {
  constexpr std::string_view kNouns[] = {"a text",    "a whole number", "true or false",
                                         "a version", "a time",         "a time"};
  return kNouns[literal.value.index()];
}

// Nothing where the literal is of another type.
std::optional<BoundLiteral> bind_literal(const Literal& literal, ColumnType type) {
  const auto& value = literal.value;
  BoundLiteral out;
  switch (type) {
    case ColumnType::Text:
      if (const auto* text = std::get_if<std::string>(&value)) {
        out.text = *text;
        return out;
      }
      break;
    case ColumnType::Version:
      if (const auto* version = std::get_if<VersionLiteral>(&value)) {
        out.text = version->text;
        return out;
      }
      break;
    case ColumnType::Integer:
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        out.number = *number;
        return out;
      }
      break;
    case ColumnType::Boolean:
      if (const auto* truth = std::get_if<bool>(&value)) {
        out.number = *truth ? 1 : 0;
        return out;
      }
      break;
    case ColumnType::Time:
      if (const auto* time = std::get_if<Timestamp>(&value)) {
        out.number = time->ms;
        return out;
      }
      if (const auto* moving = std::get_if<FromNow>(&value)) {
        out.from_now = *moving;
        return out;
      }
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<BoundCondition> bind_condition(const Condition& condition, const QueryColumn& column) {
  const Family family = family_of(condition.comparison);
  const TypeWords words = words_for(column.type);
  if (!suits(family, column.type))
    return fail(kQueryType, "line {}, column {}: {} is {}, and '{}' does not compare such; use {}",
                condition.at.line, condition.at.column, column.name, words.noun,
                word_of(condition.comparison), words.comparisons);
  BoundCondition out;
  out.type = column.type;
  out.comparison = condition.comparison;
  // The text of a version is searched with a text.
  const ColumnType wanted = family == Family::Search ? ColumnType::Text : column.type;
  for (const Literal& literal : condition.literals) {
    auto bound = bind_literal(literal, wanted);
    if (!bound)
      return fail(kQueryType, "line {}, column {}: {} is {}, not {}; write a literal such as {}",
                  literal.at.line, literal.at.column, column.name, words.noun, noun_of(literal),
                  words_for(wanted).example);
    if (family == Family::Search || family == Family::AnyCase || family == Family::ListAnyCase)
      bound->text = fold_case(bound->text);
    out.literals.push_back(*std::move(bound));
  }
  return out;
}

std::string fold_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace muster::model
