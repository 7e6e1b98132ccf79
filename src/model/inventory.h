// Inventory as data: classes with typed columns, rows, and the digest by which two sides find out
// whether they hold the same rows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/version.h"

namespace muster::model {

enum class ColumnType { Text, Integer, Boolean, Time, Version };

// How the values of a column spread over the fleet: Shared columns make a distinct row that many
// devices have; Unique values (names, addresses) belong to one device; Volatile values change
// without anybody's doing (free space) and never make a row a changed one.
enum class ColumnKind { Shared, Unique, Volatile };

struct Column {
  std::string_view name;
  ColumnType type;
  ColumnKind kind;
  std::string_view sentence;
};

// Who makes the rows of a class: the client reports them, or the site itself knows them. Rows of
// the latter are not stored as inventory, and no client may report them.
enum class Origin { Client, Site };

struct InventoryClass {
  std::string_view name;
  std::string_view sentence;
  std::span<const Column> columns;
  Origin origin = Origin::Client;

  std::optional<std::size_t> column(std::string_view name) const;
};

// All classes, in the order of inventory_classes.cc.
std::span<const InventoryClass> inventory_classes();
const InventoryClass* find_inventory_class(std::string_view name);

// The columns in their order as text: classes with equal ones have rows of the same form. Databases
// and snapshots keep it, so it stays as it is.
std::string layout_of(const InventoryClass& type);

// Absent, a number (Integer, Boolean as 0 or 1, Time as ms since 1970), a text, or a version.
using Value = std::variant<std::monostate, std::int64_t, std::string, Version>;

// One value per column of the class, in the class's order.
using Row = std::vector<Value>;

struct ClassRows {
  const InventoryClass* type;
  std::vector<Row> rows;
};

inline constexpr std::size_t kLongestText = 4096;
inline constexpr std::size_t kMostRowsPerClass = 100'000;

// One value per column, each of the column's type or absent, UTF-8 of at most kLongestText bytes.
// Error: kBadRow, naming class and column.
Result<void> check_row(const InventoryClass& type, const Row& row);

// The row's columns of the given kinds as bytes: equal rows, equal bytes. decode_row undoes it;
// columns of other kinds come back absent.
enum class Columns { Shared, Unique, Volatile, Identity, All };  // Identity: Shared and Unique
Bytes encode_row(const InventoryClass& type, const Row& row, Columns which);
// Whether the class has columns of that kind.
bool has_columns(const InventoryClass& type, ColumnKind kind);
Result<Row> decode_row(const InventoryClass& type, ByteView bytes, Columns which);

// The multiset of a device's rows (class name and Identity columns): count, and the lane-wise
// sums of their truncated SHA-256. Adding and removing are exact inverses.
class RowSetDigest {
 public:
  void add(const InventoryClass& type, const Row& row);
  void remove(const InventoryClass& type, const Row& row);
  // A row of which the Identity columns are encoded already.
  void add(const InventoryClass& type, ByteView identity);
  // 48 hex digits: count (16), sums (32).
  std::string text() const;
  static Result<RowSetDigest> parse(std::string_view text);
  std::uint64_t count() const { return count_; }
  friend bool operator==(const RowSetDigest&, const RowSetDigest&) = default;

 private:
  void add_lanes(const std::array<std::uint64_t, 2>& lanes);

  std::uint64_t count_ = 0;
  std::array<std::uint64_t, 2> sums_{};
};

}  // namespace muster::model
