// Random queries over what samples.h makes.
#pragma once

#include <algorithm>

#include "tests/fleet/samples.h"

namespace muster::fleet::samples {

class QueryMaker {
 public:
  explicit QueryMaker(Random& random) : random_(random) {}

  // A rule has nothing that asks for other devices.
  model::Query make(bool rule) {
    model::Query out = some_source();
    maybe_where(out);
    if (random_.below(3) == 0) join(out, rule, 2);
    if (random_.below(3) == 0) project(out);
    maybe_where(out);
    if (random_.below(4) == 0) join(out, rule, 2);
    if (random_.below(rule ? 4 : 2) == 0) {
      group(out, rule);
      maybe_where(out);
      if (random_.below(4) == 0) join(out, rule, 1);
    }
    if (!rule && random_.below(2) == 0) {
      cut(out);
      maybe_where(out);
      if (random_.below(6) == 0) join(out, rule, 1);
    }
    return out;
  }

 private:
  enum class Everything { No, Yes };

  model::Query some_source() {
    model::Query out;
    constexpr std::string_view kClasses[] = {"InstalledSoftware", "LogicalDisk", "OperatingSystem",
                                             "Device"};
    out.source.text = pick(random_, kClasses);
    schema_ = {{"Device", model::ColumnType::Text}};
    for (const model::Column& column : model::find_inventory_class(out.source.text)->columns)
      if (is_used(out.source.text, column.name))
        schema_.push_back({std::string(column.name), column.type});
    // Only known columns, so that both sides of a join name what the other finds.
    project(out, Everything::Yes);
    return out;
  }

  // By all columns, so that what take leaves is certain; equal rows may still change places.
  void cut(model::Query& out) {
    project(out, Everything::Yes);
    const std::uint64_t how = random_.below(3);
    model::OrderBy order = order_of_all();
    if (how == 0) {
      out.operators.push_back({model::Top{random_.below(5), order.keys}, {}});
      return;
    }
    out.operators.push_back({order, {}});
    if (how == 1) out.operators.push_back({model::Take{random_.below(5)}, {}});
  }

  // A query with another one at its right, on some of the columns that both have.
  void join(model::Query& out, bool rule, int depth) {
    const auto left = schema_;
    model::Query right = some_source();
    maybe_where(right);
    if (random_.below(4) == 0) project(right);
    if (depth > 1 && random_.below(4) == 0) join(right, rule, depth - 1);
    if (random_.below(4) == 0) group(right, rule);
    if (!rule && random_.below(6) == 0) cut(right);
    maybe_where(right);
    model::Join join;
    join.kind = random_.below(2) == 0 ? model::JoinKind::Inner : model::JoinKind::LeftAnti;
    for (const auto& column : left) {
      const bool both = std::ranges::find(schema_, column) != schema_.end();
      const bool wanted =
          column.name == "Device" ? rule || random_.below(2) == 0 : random_.below(3) == 0;
      if (both && wanted) join.on.push_back({column.name, {}});
    }
    const auto right_schema = schema_;
    schema_ = left;
    if (join.on.empty() || schema_.size() > 12) return;
    if (join.kind == model::JoinKind::Inner)
      for (const auto& column : right_schema) {
        std::string name = column.name;
        const auto is_in = [&](const std::vector<model::QueryColumn>& columns) {
          return std::ranges::any_of(columns, [&](const auto& each) { return each.name == name; });
        };
        for (int i = 1; is_in(schema_) || (i > 1 && is_in(right_schema)); ++i)
          name = column.name + std::to_string(i);
        schema_.push_back({name, column.type});
      }
    join.right.push_back(std::move(right));
    out.operators.push_back({std::move(join), {}});
  }

  void group(model::Query& out, bool rule) {
    if (random_.below(2) == 0) return summarize(out, rule);
    model::Distinct distinct;
    std::vector<model::QueryColumn> kept;
    for (const auto& column : schema_)
      if ((rule && column.name == "Device") || random_.below(2) == 0) {
        distinct.columns.push_back({column.name, {}});
        kept.push_back(column);
      }
    if (kept.empty() || kept.size() == schema_.size()) {
      distinct.columns.clear();  // distinct *
      kept = schema_;
    }
    schema_ = kept;
    out.operators.push_back({distinct, {}});
  }

  static bool is_used(std::string_view source, std::string_view column) {
    if (source == "InstalledSoftware")
      return column == "Name" || column == "Version" || column == "InstalledSizeKB";
    if (source == "Device") return column == "Name" || column == "Kind";
    if (source == "OperatingSystem") return column == "BootTime";
    return column != "BlockDevice" && column != "FileSystem";
  }

  void maybe_where(model::Query& out) {
    if (random_.below(2) == 0) out.operators.push_back({model::Where{expression(3)}, {}});
  }

  void project(model::Query& out, Everything everything = Everything::No) {
    model::Project project;
    std::vector<model::QueryColumn> kept;
    for (const auto& column : schema_)
      if (column.name == "Device" || everything == Everything::Yes || random_.below(2) == 0) {
        project.columns.push_back({column.name, {}});
        kept.push_back(column);
      }
    if (project.columns.empty()) return;
    schema_ = kept;
    out.operators.push_back({project, {}});
  }

  void summarize(model::Query& out, bool rule) {
    for (const auto& column : schema_)
      if (column.name == "count_") return;
    model::Summarize summarize;
    std::vector<model::QueryColumn> kept;
    for (const auto& column : schema_)
      if ((rule && column.name == "Device") || random_.below(3) == 0) {
        summarize.by.push_back({column.name, {}});
        kept.push_back(column);
      }
    kept.push_back({"count_", model::ColumnType::Integer});
    schema_ = kept;
    out.operators.push_back({summarize, {}});
  }

  model::OrderBy order_of_all() {
    model::OrderBy order;
    for (const auto& column : schema_) {
      model::OrderKey key;
      key.column.text = column.name;
      if (random_.below(2) == 0) key.direction = model::Direction::Ascending;
      order.keys.push_back(key);
    }
    return order;
  }

  model::Expression expression(int depth) {
    using Kind = model::Expression::Kind;
    model::Expression out;
    const std::uint64_t roll = depth == 0 ? 0 : random_.below(6);
    if (roll < 3) {
      out.condition = condition();
    } else if (roll == 3) {
      out.kind = Kind::Not;
      out.parts = {expression(depth - 1)};
    } else {
      out.kind = roll == 4 ? Kind::And : Kind::Or;
      for (std::uint64_t i = 2 + random_.below(2); i > 0; --i)
        out.parts.push_back(expression(depth - 1));
    }
    return out;
  }

  model::Condition condition() {
    using model::ColumnType;
    using model::Comparison;
    const model::QueryColumn& column = schema_[random_.below(schema_.size())];
    model::Condition out;
    out.column.text = column.name;
    static constexpr Comparison kSearch[] = {Comparison::Has,        Comparison::NotHas,
                                             Comparison::Contains,   Comparison::NotContains,
                                             Comparison::StartsWith, Comparison::NotStartsWith,
                                             Comparison::EndsWith,   Comparison::NotEndsWith};
    static constexpr Comparison kText[] = {Comparison::Equal,        Comparison::NotEqual,
                                           Comparison::EqualAnyCase, Comparison::NotEqualAnyCase,
                                           Comparison::In,           Comparison::NotIn,
                                           Comparison::InAnyCase,    Comparison::NotInAnyCase,
                                           Comparison::IsEmpty,      Comparison::IsNotEmpty};
    static constexpr Comparison kOrdered[] = {
        Comparison::Equal,       Comparison::NotEqual, Comparison::Less,
        Comparison::LessOrEqual, Comparison::Greater,  Comparison::GreaterOrEqual,
        Comparison::In,          Comparison::NotIn,    Comparison::Between,
        Comparison::NotBetween,  Comparison::IsEmpty,  Comparison::IsNotEmpty};
    static constexpr Comparison kTruth[] = {Comparison::Equal, Comparison::NotEqual, Comparison::In,
                                            Comparison::NotIn, Comparison::IsEmpty};
    const bool searchable = column.type == ColumnType::Text || column.type == ColumnType::Version;
    const bool search = searchable && random_.below(3) == 0;
    if (search)
      out.comparison = pick(random_, kSearch);
    else if (column.type == ColumnType::Text)
      out.comparison = pick(random_, kText);
    else if (column.type == ColumnType::Boolean)
      out.comparison = pick(random_, kTruth);
    else
      out.comparison = pick(random_, kOrdered);
    std::uint64_t literals = 1;
    switch (out.comparison) {
      case Comparison::IsEmpty:
      case Comparison::IsNotEmpty:
        literals = 0;
        break;
      case Comparison::Between:
      case Comparison::NotBetween:
        literals = 2;
        break;
      case Comparison::In:
      case Comparison::NotIn:
      case Comparison::InAnyCase:
      case Comparison::NotInAnyCase:
        literals = 1 + random_.below(3);
        break;
      default:
        break;
    }
    for (; literals > 0; --literals)
      out.literals.push_back({search ? needle() : value(column), {}});
    return out;
  }

  using LiteralValue = decltype(model::Literal::value);

  // One term, or nothing: has is checked against SQL term by term.
  LiteralValue needle() {
    constexpr std::string_view kNeedles[] = {"ssl", "OPEN", "open", "libssl3", "0", "1",
                                             "rc1", "var",  "lap",  "pc1",     ""};
    return std::string(pick(random_, kNeedles));
  }

  LiteralValue value(const model::QueryColumn& column) {
    switch (column.type) {
      case model::ColumnType::Text: {
        if (column.name.starts_with("Device")) return "PC" + std::to_string(random_.below(20));
        if (column.name == "Kind") return std::string(pick(random_, kKinds));
        return std::string(random_.below(2) == 0 ? pick(random_, kNames) : pick(random_, kMounts));
      }
      case model::ColumnType::Version:
        return model::VersionLiteral{std::string(pick(random_, kVersions))};
      case model::ColumnType::Boolean:
        return random_.below(2) == 0;
      case model::ColumnType::Time:
        if (random_.below(3) == 0) return moving_time();
        if (random_.below(2) == 0)
          return model::FromNow{-Duration(static_cast<std::int64_t>(random_.below(5)) * 86'400'000),
                                {}};
        return kNow - Duration(static_cast<std::int64_t>(random_.below(5)) * 86'400'000);
      case model::ColumnType::Integer:
        break;
    }
    return static_cast<std::int64_t>(random_.below(6)) - 1;
  }

  // startofweek(now() - 2d, -1) + 1h and the like.
  model::FromNow moving_time() {
    model::FromNow out;
    const auto days = [&] {
      return Duration((static_cast<std::int64_t>(random_.below(9)) - 4) * 43'200'000);
    };
    out.shift = days();
    for (std::uint64_t i = random_.below(3); i > 0; --i)
      out.starts.push_back({static_cast<model::Calendar>(random_.below(3)),
                            static_cast<std::int64_t>(random_.below(4)) - 2, days()});
    return out;
  }

  Random& random_;
  std::vector<model::QueryColumn> schema_;
};

// Whether the query says in which order its rows come. A join may come between the order and the
// answer; SQL promises none then either.
inline bool is_ordered(const model::Query& query) {
  bool ordered = false;
  for (const model::QueryOperator& step : query.operators) {
    if (std::holds_alternative<model::OrderBy>(step.value) ||
        std::holds_alternative<model::Top>(step.value))
      ordered = true;
    if (std::holds_alternative<model::Join>(step.value)) ordered = false;
  }
  return ordered;
}

}  // namespace muster::fleet::samples
