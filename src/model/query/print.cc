#include <fmt/format.h>

#include "model/query/literal_text.h"
#include "model/query/parse.h"
#include "model/query/words.h"

namespace muster::model {
namespace {

std::string names(const std::vector<NameInQuery>& columns) {
  std::string out;
  for (const NameInQuery& column : columns) {
    if (!out.empty()) out += ", ";
    out += column.text;
  }
  return out;
}

std::string condition_text(const Condition& condition) {
  const std::string_view word = word_of(condition.comparison);
  const auto& literals = condition.literals;
  switch (condition.comparison) {
    case Comparison::IsEmpty:
    case Comparison::IsNotEmpty:
      return fmt::format("{}({})", word, condition.column.text);
    case Comparison::Between:
    case Comparison::NotBetween:
      return fmt::format("{} {} ({} .. {})", condition.column.text, word, to_text(literals.at(0)),
                         to_text(literals.at(1)));
    case Comparison::In:
    case Comparison::NotIn:
    case Comparison::InAnyCase:
    case Comparison::NotInAnyCase: {
      std::string list;
      for (const Literal& literal : literals) {
        if (!list.empty()) list += ", ";
        list += to_text(literal);
      }
      return fmt::format("{} {} ({})", condition.column.text, word, list);
    }
    default:
      return fmt::format("{} {} {}", condition.column.text, word, to_text(literals.at(0)));
  }
}

std::string expression_text(const Expression& expression) {
  using Kind = Expression::Kind;
  if (expression.kind == Kind::Condition) return condition_text(expression.condition);
  if (expression.kind == Kind::Not)
    return fmt::format("not({})", expression_text(expression.parts.at(0)));
  std::string out;
  for (const Expression& part : expression.parts) {
    if (!out.empty()) out += expression.kind == Kind::And ? " and " : " or ";
    // 'and' binds tighter than 'or'; and-in-and keeps its parentheses to stay the same tree.
    const bool bare = part.kind == Kind::Condition || part.kind == Kind::Not ||
                      (expression.kind == Kind::Or && part.kind == Kind::And);
    out += bare ? expression_text(part) : fmt::format("({})", expression_text(part));
  }
  return out;
}

std::string keys_text(const std::vector<OrderKey>& keys) {
  std::string out;
  for (const OrderKey& key : keys) {
    if (!out.empty()) out += ", ";
    out += key.column.text;
    out += key.direction == Direction::Ascending ? " asc" : " desc";
  }
  return out;
}

struct OperatorPrinter {
  std::string operator()(const Where& where) const {
    return "where " + expression_text(where.condition);
  }
  std::string operator()(const Project& project) const {
    return "project " + names(project.columns);
  }
  std::string operator()(const Summarize& summarize) const {
    std::string out = "summarize ";
    if (summarize.name != Summarize().name) out += summarize.name + " = ";
    out += "count()";
    if (!summarize.by.empty()) out += " by " + names(summarize.by);
    return out;
  }
  std::string operator()(const OrderBy& order) const { return "order by " + keys_text(order.keys); }
  std::string operator()(const Distinct& distinct) const {
    return "distinct " + (distinct.columns.empty() ? "*" : names(distinct.columns));
  }
  std::string operator()(const Top& top) const {
    return fmt::format("top {} by {}", top.rows, keys_text(top.keys));
  }
  std::string operator()(const Join& join) const {
    return fmt::format("join kind={} ({}) on {}",
                       join.kind == JoinKind::Inner ? "inner" : "leftanti",
                       to_text(join.right.at(0)), names(join.on));
  }
  std::string operator()(const Take& take) const { return fmt::format("take {}", take.rows); }
};

}  // namespace

std::string to_text(const Query& query) {
  std::string out = query.source.text;
  for (const QueryOperator& step : query.operators)
    out += " | " + std::visit(OperatorPrinter{}, step.value);
  return out;
}

}  // namespace muster::model
