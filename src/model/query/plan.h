// A query whose names and types are known to be right: what is to be done with the rows of one
// class. Made by resolve.h, run by run.h.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/inventory.h"
#include "model/query/ast.h"

namespace muster::model {

struct QueryColumn {
  std::string name;
  ColumnType type;
  friend bool operator==(const QueryColumn&, const QueryColumn&) = default;
};

// A row of the source as a query sees it: the device's name, then the columns of the class.
inline constexpr std::size_t kDeviceColumn = 0;
inline constexpr std::string_view kDeviceColumnName = "Device";

// Texts are folded to lower case where the comparison does not heed it; times are numbers.
struct BoundLiteral {
  std::string text;
  std::int64_t number = 0;
  bool before_now = false;  // `number` ms ago
};

struct BoundCondition {
  std::size_t column = 0;
  ColumnType type = ColumnType::Text;
  Comparison comparison = Comparison::Equal;
  std::vector<BoundLiteral> literals;
};

struct BoundExpression {
  Expression::Kind kind = Expression::Kind::Condition;
  BoundCondition condition;
  std::vector<BoundExpression> parts;
};

struct FilterStep {
  BoundExpression condition;
};
struct KeepStep {
  std::vector<std::size_t> columns;
};
struct GroupStep {
  std::vector<std::size_t> by;
};
struct SortKey {
  std::size_t column;
  Direction direction;
};
struct SortStep {
  std::vector<SortKey> keys;
};
struct FirstStep {
  std::uint64_t rows;
};
using PlanStep = std::variant<FilterStep, KeepStep, GroupStep, SortStep, FirstStep>;

struct Plan {
  const InventoryClass* source = nullptr;
  // All must hold of a row of the source. Every `where` before the first summarize or take is
  // here, as its parts between `and`, whatever stood before it: sorting and projecting do not
  // change which rows survive.
  std::vector<BoundExpression> filters;
  std::vector<PlanStep> steps;
  std::vector<QueryColumn> columns;  // of the result
  // Whether the steps and the result need column i of the source's rows; filters aside.
  std::vector<bool> uses;
  bool depends_on_time = false;

  // Whether the rows that come out are rows of devices, each there or not whatever other devices
  // have: neither counted nor cut off.
  bool selects_devices() const;
};

// Which columns an expression reads, as marks in `columns`.
void mark_columns(const BoundExpression& expression, std::vector<bool>& columns);

}  // namespace muster::model
