#include "model/query/resolve.h"

#include <algorithm>
#include <numeric>

#include "model/errors.h"
#include "model/query/bind.h"
#include "model/query/words.h"

namespace muster::model {
namespace {

struct Resolver {
  Plan plan;
  std::vector<QueryColumn> schema;       // after the operators so far
  std::vector<std::size_t> from_source;  // its columns' places in the source, until counted
  bool cut = false;                      // a take went before
  bool counted = false;                  // a summarize went before

  Result<std::size_t> find(const NameInQuery& name) const {
    for (std::size_t i = 0; i < schema.size(); ++i)
      if (schema[i].name == name.text) return i;
    std::vector<std::string_view> known;
    for (const QueryColumn& column : schema) known.push_back(column.name);
    const bool gone = plan.source->column(name.text).has_value();
    return fail(kQueryUnknownName, "line {}, column {}: {} {} column '{}'{}", name.at.line,
                name.at.column, plan.source->name,
                gone ? "has here, after project or summarize, no longer a" : "has no", name.text,
                did_you_mean(name.text, known));
  }

  Result<std::vector<std::size_t>> find_all(const std::vector<NameInQuery>& names) const {
    std::vector<std::size_t> out;
    for (const NameInQuery& name : names) {
      const std::size_t column = TRY(find(name));
      if (std::ranges::find(out, column) != out.end())
        return fail(kQuerySyntax, "line {}, column {}: '{}' is named twice", name.at.line,
                    name.at.column, name.text);
      out.push_back(column);
    }
    return out;
  }

  void use(std::size_t column) {
    if (!counted) plan.uses[from_source[column]] = true;
  }

  Result<BoundExpression> bind(const Expression& expression) {
    BoundExpression out;
    out.kind = expression.kind;
    if (expression.kind == Expression::Kind::Condition) {
      const std::size_t column = TRY(find(expression.condition.column));
      out.condition = TRY(bind_condition(expression.condition, schema[column]));
      const bool early = !cut && !counted;
      out.condition.column = early ? from_source[column] : column;
      if (!early) use(column);
      for (const BoundLiteral& literal : out.condition.literals)
        plan.depends_on_time = plan.depends_on_time || literal.before_now;
      return out;
    }
    for (const Expression& part : expression.parts) out.parts.push_back(TRY(bind(part)));
    return out;
  }

  void add_filter(BoundExpression condition) {
    if (condition.kind == Expression::Kind::And) {
      for (BoundExpression& part : condition.parts) add_filter(std::move(part));
    } else {
      plan.filters.push_back(std::move(condition));
    }
  }

  Result<void> apply(const Where& where, QueryPosition) {
    BoundExpression condition = TRY(bind(where.condition));
    if (cut || counted)
      plan.steps.push_back(FilterStep{std::move(condition)});
    else
      add_filter(std::move(condition));
    return {};
  }

  Result<void> apply(const Project& project, QueryPosition) {
    std::vector<std::size_t> columns = TRY(find_all(project.columns));
    // Whose row it is stays known, first unless the query names another place for it.
    const auto device = std::ranges::find(from_source, kDeviceColumn);
    if (device != from_source.end()) {
      const auto place = static_cast<std::size_t>(device - from_source.begin());
      if (std::ranges::find(columns, place) == columns.end())
        columns.insert(columns.begin(), place);
    }
    keep(columns);
    return {};
  }

  void keep(const std::vector<std::size_t>& columns) {
    std::vector<QueryColumn> kept;
    std::vector<std::size_t> places;
    for (const std::size_t column : columns) {
      kept.push_back(schema[column]);
      if (!counted) places.push_back(from_source[column]);
    }
    schema = std::move(kept);
    from_source = std::move(places);
    plan.steps.push_back(KeepStep{columns});
  }

  Result<void> apply(const Summarize& summarize, QueryPosition at) {
    const std::vector<std::size_t> by = TRY(find_all(summarize.by));
    std::vector<QueryColumn> grouped;
    for (const std::size_t column : by) {
      use(column);
      grouped.push_back(schema[column]);
      if (schema[column].name == summarize.name)
        return fail(kQuerySyntax, "line {}, column {}: the count and a column are both named '{}'",
                    at.line, at.column, summarize.name);
    }
    grouped.push_back({summarize.name, ColumnType::Integer});
    schema = std::move(grouped);
    from_source.clear();
    plan.steps.push_back(GroupStep{by});
    counted = true;
    return {};
  }

  Result<void> apply(const OrderBy& order, QueryPosition) {
    SortStep sort;
    for (const OrderKey& key : order.keys) {
      const std::size_t column = TRY(find(key.column));
      use(column);
      sort.keys.push_back({column, key.direction});
    }
    plan.steps.push_back(std::move(sort));
    return {};
  }

  Result<void> apply(const Take& take, QueryPosition) {
    plan.steps.push_back(FirstStep{take.rows});
    cut = true;
    return {};
  }
};

Result<const InventoryClass*> find_source(const NameInQuery& name) {
  if (const InventoryClass* type = find_inventory_class(name.text)) return type;
  std::vector<std::string_view> known;
  for (const InventoryClass& type : inventory_classes()) known.push_back(type.name);
  return fail(kQueryUnknownName, "line {}, column {}: no class '{}'{}", name.at.line,
              name.at.column, name.text, did_you_mean(name.text, known));
}

}  // namespace

Result<Plan> resolve(const Query& query) {
  Resolver resolver;
  resolver.plan.source = TRY(find_source(query.source));
  resolver.schema.push_back({std::string(kDeviceColumnName), ColumnType::Text});
  for (const Column& column : resolver.plan.source->columns)
    resolver.schema.push_back({std::string(column.name), column.type});
  resolver.from_source.resize(resolver.schema.size());
  std::iota(resolver.from_source.begin(), resolver.from_source.end(), std::size_t{0});
  resolver.plan.uses.resize(resolver.schema.size());
  for (const QueryOperator& step : query.operators)
    TRY(std::visit([&](const auto& value) { return resolver.apply(value, step.at); }, step.value));
  for (std::size_t i = 0; i < resolver.schema.size(); ++i) resolver.use(i);
  resolver.plan.columns = std::move(resolver.schema);
  return std::move(resolver.plan);
}

Result<Plan> resolve_rule(const Query& query) {
  Plan plan = TRY(resolve(query));
  for (const QueryOperator& step : query.operators) {
    const bool counts = std::holds_alternative<Summarize>(step.value);
    if (counts || std::holds_alternative<Take>(step.value))
      return fail(kQueryType, "line {}, column {}: {}, so no device can be told to match or not",
                  step.at.line, step.at.column, counts ? "summarize counts rows" : "take cuts off");
  }
  return plan;
}

bool Plan::selects_devices() const {
  return std::ranges::none_of(steps, [](const PlanStep& step) {
    return std::holds_alternative<GroupStep>(step) || std::holds_alternative<FirstStep>(step);
  });
}

void mark_columns(const BoundExpression& expression, std::vector<bool>& columns) {
  if (expression.kind == Expression::Kind::Condition) columns[expression.condition.column] = true;
  for (const BoundExpression& part : expression.parts) mark_columns(part, columns);
}

}  // namespace muster::model
