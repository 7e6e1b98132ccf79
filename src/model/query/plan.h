// A query whose names and types are known to be right: what is to be done with the rows of one
// class. Made by resolve.h, run by run.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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
  std::optional<FromNow> from_now{};  // the time instead of `number`
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
  bool counted = true;  // whether the count stands behind the columns
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
// Sorts and keeps the first rows, without ever holding many more of them.
struct TopStep {
  std::uint64_t rows;
  std::vector<SortKey> keys;
};

struct Plan;
struct JoinKey {
  std::size_t left;
  std::size_t right;
  ColumnType type;
};
struct JoinStep {
  JoinKind kind = JoinKind::Inner;
  std::shared_ptr<const Plan> right;
  std::size_t left_columns = 0;  // of the rows that come to the step
  std::vector<JoinKey> keys;     // all must agree
  // The rows of one device meet those of the same device: `right` is to be run for it alone, and
  // `keys` are those besides Device.
  bool within_device = false;
};
using PlanStep =
    std::variant<FilterStep, KeepStep, GroupStep, SortStep, FirstStep, TopStep, JoinStep>;

struct Plan {
  const InventoryClass* source = nullptr;
  // All must hold of a row of the source. Every `where` before the first step that counts or cuts
  // off is here, as its parts between `and`, if it reads columns of the source only: sorting,
  // projecting and joining do not change which of those rows survive it.
  std::vector<BoundExpression> filters;
  std::vector<PlanStep> steps;
  std::vector<QueryColumn> columns;  // of the result
  // Whether the steps and the result need column i of the source's rows; filters aside.
  std::vector<bool> uses;
  // All classes whose rows are asked for, those of joins with them.
  std::vector<const InventoryClass*> classes;
  bool depends_on_time = false;

  // How many leading steps are to be run for each device alone: all through the last join within
  // devices, 0 without one. The others take the rows of all devices together.
  std::size_t device_steps = 0;
  // Whether each row that comes out belongs to a device and is there or not whatever other devices
  // have. Else `other_devices` says what makes the difference, with its place.
  bool is_of_devices = true;
  std::string other_devices;

  // Whether a row comes out as soon as one passes the filters.
  bool is_decided_by_filters() const;
};

// Which columns an expression reads, as marks in `columns`.
void mark_columns(const BoundExpression& expression, std::vector<bool>& columns);

// Marks the columns that the plan and those at the right of its joins use, when of the result
// those in `needed` are wanted.
void mark_uses(Plan& plan, std::vector<bool> needed);

}  // namespace muster::model
