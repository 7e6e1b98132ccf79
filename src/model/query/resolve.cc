#include "model/query/resolve.h"

#include <algorithm>
#include <numeric>

#include "model/errors.h"
#include "model/query/bind.h"
#include "model/query/words.h"

namespace muster::model {
namespace {

bool is_device_local(const PlanStep& step) {
  if (const auto* join = std::get_if<JoinStep>(&step)) return join->within_device;
  return !std::holds_alternative<FirstStep>(step) && !std::holds_alternative<TopStep>(step);
}

struct Resolver {
  const Schema& classes;
  Plan plan{};
  std::vector<QueryColumn> schema{};  // after the operators so far
  // Where its columns stand in the source: nowhere for what is counted or joined.
  std::vector<std::optional<std::size_t>> from_source{};
  std::optional<std::size_t> device{};  // its column that says whose row it is
  bool cut = false;                     // a take or top went before
  bool counted = false;                 // a summarize or distinct went before

  Result<std::size_t> find(const NameInQuery& name) const {
    for (std::size_t i = 0; i < schema.size(); ++i)
      if (schema[i].name == name.text) return i;
    std::vector<std::string_view> known;
    for (const QueryColumn& column : schema) known.push_back(column.name);
    const bool gone = plan.source->column(name.text).has_value();
    return fail(kQueryUnknownName, "line {}, column {}: {} {} column '{}'{}", name.at.line,
                name.at.column, plan.source->name,
                gone ? "has here, after project, distinct or summarize, no longer a" : "has no",
                name.text, did_you_mean(name.text, known));
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

  // The first thing that makes a row depend on other devices is the one to tell.
  void depend_on_others(QueryPosition at, std::string_view what) {
    if (plan.is_of_devices)
      plan.other_devices = fmt::format("line {}, column {}: {}", at.line, at.column, what);
    plan.is_of_devices = false;
  }

  Result<BoundExpression> bind(const Expression& expression) {
    BoundExpression out;
    out.kind = expression.kind;
    if (expression.kind == Expression::Kind::Condition) {
      const std::size_t column = TRY(find(expression.condition.column));
      out.condition = TRY(bind_condition(expression.condition, schema[column]));
      out.condition.column = column;
      for (const BoundLiteral& literal : out.condition.literals)
        plan.depends_on_time = plan.depends_on_time || literal.from_now.has_value();
      return out;
    }
    for (const Expression& part : expression.parts) out.parts.push_back(TRY(bind(part)));
    return out;
  }

  // The condition on rows of the source, if it reads nothing else.
  bool move_to_source(BoundExpression& condition) const {
    if (condition.kind == Expression::Kind::Condition) {
      const auto column = from_source[condition.condition.column];
      if (column) condition.condition.column = *column;
      return column.has_value();
    }
    return std::ranges::all_of(condition.parts,
                               [&](BoundExpression& part) { return move_to_source(part); });
  }

  void add_filter(BoundExpression condition) {
    if (condition.kind == Expression::Kind::And) {
      for (BoundExpression& part : condition.parts) add_filter(std::move(part));
      return;
    }
    BoundExpression early = condition;
    if (!cut && !counted && move_to_source(early))
      plan.filters.push_back(std::move(early));
    else
      plan.steps.push_back(FilterStep{std::move(condition)});
  }

  Result<void> apply(const Where& where, QueryPosition) {
    add_filter(TRY(bind(where.condition)));
    return {};
  }

  Result<void> apply(const Project& project, QueryPosition) {
    std::vector<std::size_t> columns = TRY(find_all(project.columns));
    // Whose row it is stays known, first unless the query names another place for it.
    if (device && std::ranges::find(columns, *device) == columns.end())
      columns.insert(columns.begin(), *device);
    take_columns(columns);
    plan.steps.push_back(KeepStep{columns});
    return {};
  }

  // The schema becomes these of its columns.
  void take_columns(const std::vector<std::size_t>& columns) {
    std::vector<QueryColumn> kept;
    std::vector<std::optional<std::size_t>> places;
    std::optional<std::size_t> device_place;
    for (const std::size_t column : columns) {
      if (device == column) device_place = kept.size();
      kept.push_back(schema[column]);
      places.push_back(from_source[column]);
    }
    schema = std::move(kept);
    from_source = std::move(places);
    device = device_place;
  }

  void group(const std::vector<std::size_t>& by, std::optional<std::string> count_name) {
    take_columns(by);
    from_source.assign(by.size(), std::nullopt);
    plan.steps.push_back(GroupStep{by, count_name.has_value()});
    counted = true;
    if (!count_name) return;
    schema.push_back({*std::move(count_name), ColumnType::Integer});
    from_source.push_back(std::nullopt);
  }

  Result<void> apply(const Summarize& summarize, QueryPosition at) {
    const std::vector<std::size_t> by = TRY(find_all(summarize.by));
    for (const std::size_t column : by)
      if (schema[column].name == summarize.name)
        return fail(kQuerySyntax, "line {}, column {}: the count and a column are both named '{}'",
                    at.line, at.column, summarize.name);
    group(by, summarize.name);
    if (!device)
      depend_on_others(at, "summarize counts the rows of all devices together; count by Device");
    return {};
  }

  Result<void> apply(const Distinct& distinct, QueryPosition at) {
    std::vector<std::size_t> by = TRY(find_all(distinct.columns));
    if (distinct.columns.empty()) {
      by.resize(schema.size());
      std::iota(by.begin(), by.end(), std::size_t{0});
    }
    group(by, std::nullopt);
    if (!device)
      depend_on_others(at, "distinct leaves open whose row it is; write distinct Device, ...");
    return {};
  }

  Result<std::vector<SortKey>> find_keys(const std::vector<OrderKey>& keys) const {
    std::vector<SortKey> out;
    for (const OrderKey& key : keys) out.push_back({TRY(find(key.column)), key.direction});
    return out;
  }

  Result<void> apply(const OrderBy& order, QueryPosition) {
    plan.steps.push_back(SortStep{TRY(find_keys(order.keys))});
    return {};
  }

  Result<void> apply(const Top& top, QueryPosition at) {
    plan.steps.push_back(TopStep{top.rows, TRY(find_keys(top.keys))});
    cut = true;
    depend_on_others(at, "top cuts off");
    return {};
  }

  Result<void> apply(const Take& take, QueryPosition at) {
    // What has just been sorted need not be held whole.
    const auto* sort = plan.steps.empty() ? nullptr : std::get_if<SortStep>(&plan.steps.back());
    if (sort != nullptr)
      plan.steps.back() = TopStep{take.rows, std::vector(sort->keys)};
    else
      plan.steps.push_back(FirstStep{take.rows});
    cut = true;
    depend_on_others(at, "take cuts off");
    return {};
  }

  // The name of a column of the right side beside those that are there: KQL's suffix 1, or the
  // next number that is free.
  std::string free_name(const std::string& name, const std::vector<QueryColumn>& right) const {
    const auto is_taken = [](const std::vector<QueryColumn>& columns, std::string_view wanted) {
      return std::ranges::any_of(columns,
                                 [&](const QueryColumn& column) { return column.name == wanted; });
    };
    if (!is_taken(schema, name)) return name;
    for (std::size_t i = 1;; ++i) {
      std::string candidate = fmt::format("{}{}", name, i);
      if (!is_taken(schema, candidate) && !is_taken(right, candidate)) return candidate;
    }
  }

  Result<void> apply(const Join& join, QueryPosition at);
};

Result<const InventoryClass*> find_source(const NameInQuery& name, const Schema& classes) {
  if (const InventoryClass* type = classes.find(name.text)) return type;
  std::vector<std::string_view> known;
  for (const InventoryClass* type : classes.classes()) known.push_back(type->name);
  return fail(kQueryUnknownName, "line {}, column {}: no class '{}'{}", name.at.line,
              name.at.column, name.text, did_you_mean(name.text, known));
}

Result<Resolver> resolve_steps(const Query& query, const Schema& classes) {
  Resolver resolver{.classes = classes};
  resolver.plan.source = TRY(find_source(query.source, classes));
  resolver.plan.classes = {resolver.plan.source};
  resolver.schema.push_back({std::string(kDeviceColumnName), ColumnType::Text});
  for (const Column& column : resolver.plan.source->columns)
    resolver.schema.push_back({std::string(column.name), column.type});
  for (std::size_t i = 0; i < resolver.schema.size(); ++i) resolver.from_source.emplace_back(i);
  resolver.device = kDeviceColumn;
  for (const QueryOperator& step : query.operators)
    TRY(std::visit([&](const auto& value) { return resolver.apply(value, step.at); }, step.value));
  Plan& plan = resolver.plan;
  plan.columns = resolver.schema;
  for (std::size_t i = 0; i < plan.steps.size() && is_device_local(plan.steps[i]); ++i)
    if (std::holds_alternative<JoinStep>(plan.steps[i])) plan.device_steps = i + 1;
  return resolver;
}

Result<void> Resolver::apply(const Join& join, QueryPosition at) {
  Resolver right = TRY(resolve_steps(join.right.at(0), classes));
  JoinStep step;
  step.kind = join.kind;
  step.left_columns = schema.size();
  bool same_device = false;
  for (std::size_t i = 0; i < join.on.size(); ++i) {
    const NameInQuery& name = join.on[i];
    if (std::ranges::find(join.on.begin(), join.on.begin() + static_cast<std::ptrdiff_t>(i),
                          name) != join.on.begin() + static_cast<std::ptrdiff_t>(i))
      return fail(kQuerySyntax, "line {}, column {}: '{}' is named twice", name.at.line,
                  name.at.column, name.text);
    const std::size_t mine = TRY(find(name));
    const std::size_t other = TRY_IN(right.find(name), "at the right of the join");
    if (schema[mine].type != right.schema[other].type)
      return fail(kQueryType,
                  "line {}, column {}: '{}' has another type at the right of the join than at its "
                  "left; join on a column of one type",
                  name.at.line, name.at.column, name.text);
    same_device = same_device || (device == mine && right.device == other);
    step.keys.push_back({mine, other, schema[mine].type});
  }
  step.within_device = same_device && plan.is_of_devices && right.plan.is_of_devices;
  if (step.within_device)
    std::erase_if(step.keys, [&](const JoinKey& key) { return key.left == *device; });
  if (!right.plan.is_of_devices && plan.is_of_devices) {
    plan.is_of_devices = false;
    plan.other_devices = right.plan.other_devices;
  }
  if (!same_device) depend_on_others(at, "this join meets rows of other devices; write on Device");
  plan.classes.insert(plan.classes.end(), right.plan.classes.begin(), right.plan.classes.end());
  plan.depends_on_time = plan.depends_on_time || right.plan.depends_on_time;
  if (join.kind == JoinKind::Inner)
    for (const QueryColumn& column : right.schema) {
      schema.push_back({free_name(column.name, right.schema), column.type});
      from_source.push_back(std::nullopt);
    }
  step.right = std::make_shared<const Plan>(std::move(right.plan));
  plan.steps.push_back(std::move(step));
  return {};
}

}  // namespace

Result<Plan> resolve(const Query& query, const Schema& schema) {
  Resolver resolver = TRY(resolve_steps(query, schema));
  mark_uses(resolver.plan, std::vector<bool>(resolver.schema.size(), true));
  return std::move(resolver.plan);
}

Result<Plan> resolve_rule(const Query& query, const Schema& schema) {
  Plan plan = TRY(resolve(query, schema));
  if (!plan.is_of_devices)
    return fail(kQueryType, "{}; the members of a collection follow from each device's own rows",
                plan.other_devices);
  return plan;
}

}  // namespace muster::model
