// Random queries over what samples.h makes.
#pragma once

#include "tests/fleet/samples.h"

namespace muster::fleet::samples {

class QueryMaker {
 public:
  explicit QueryMaker(Random& random) : random_(random) {}

  // A rule has no summarize and no take.
  model::Query make(bool rule) {
    model::Query out;
    constexpr std::string_view kClasses[] = {"InstalledSoftware", "LogicalDisk", "OperatingSystem",
                                             "Device"};
    out.source.text = pick(random_, kClasses);
    schema_ = {{"Device", model::ColumnType::Text}};
    for (const model::Column& column : model::find_inventory_class(out.source.text)->columns)
      if (is_used(out.source.text, column.name))
        schema_.push_back({std::string(column.name), column.type});
    maybe_where(out);
    if (random_.below(3) == 0) project(out);
    maybe_where(out);
    if (!rule && random_.below(2) == 0) {
      summarize(out);
      maybe_where(out);
    }
    if (!rule && random_.below(2) == 0) {
      // By all columns, so that what take leaves is certain.
      project(out, Everything::Yes);
      order_by_all(out);
      if (random_.below(2) == 0) {
        out.operators.push_back({model::Take{random_.below(5)}, {}});
        maybe_where(out);
      }
    }
    return out;
  }

 private:
  enum class Everything { No, Yes };

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

  void summarize(model::Query& out) {
    model::Summarize summarize;
    std::vector<model::QueryColumn> kept;
    for (const auto& column : schema_)
      if (random_.below(3) == 0) {
        summarize.by.push_back({column.name, {}});
        kept.push_back(column);
      }
    kept.push_back({"count_", model::ColumnType::Integer});
    schema_ = kept;
    out.operators.push_back({summarize, {}});
  }

  void order_by_all(model::Query& out) {
    model::OrderBy order;
    for (const auto& column : schema_) {
      model::OrderKey key;
      key.column.text = column.name;
      if (random_.below(2) == 0) key.direction = model::Direction::Ascending;
      order.keys.push_back(key);
    }
    out.operators.push_back({order, {}});
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
        if (column.name == "Device") return "PC" + std::to_string(random_.below(20));
        if (column.name == "Kind") return std::string(pick(random_, kKinds));
        return std::string(random_.below(2) == 0 ? pick(random_, kNames) : pick(random_, kMounts));
      }
      case model::ColumnType::Version:
        return model::VersionLiteral{std::string(pick(random_, kVersions))};
      case model::ColumnType::Boolean:
        return random_.below(2) == 0;
      case model::ColumnType::Time:
        if (random_.below(2) == 0)
          return model::Ago{Duration(static_cast<std::int64_t>(random_.below(5)) * 86'400'000)};
        return kNow - Duration(static_cast<std::int64_t>(random_.below(5)) * 86'400'000);
      case model::ColumnType::Integer:
        break;
    }
    return static_cast<std::int64_t>(random_.below(6)) - 1;
  }

  Random& random_;
  std::vector<model::QueryColumn> schema_;
};

}  // namespace muster::fleet::samples
