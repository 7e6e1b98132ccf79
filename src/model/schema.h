// The inventory classes that a site or a client knows: those of the program, and those that its
// operators or administrators declared.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/inventory.h"

namespace muster::model {

// A class in a form that can be made at run time.
struct ColumnDefinition {
  std::string name{};
  ColumnType type = ColumnType::Text;
  ColumnKind kind = ColumnKind::Shared;
  std::string sentence{};
  friend bool operator==(const ColumnDefinition&, const ColumnDefinition&) = default;
};
struct ClassDefinition {
  std::string name{};
  std::string sentence{};
  std::vector<ColumnDefinition> columns{};
  friend bool operator==(const ClassDefinition&, const ClassDefinition&) = default;
};

inline constexpr std::size_t kMostColumns = 64;
inline constexpr std::size_t kMostDefinedClasses = 256;

// Names as queries have them, letters and digits behind a capital letter; columns that differ, one
// of them not Volatile, none called Device. Error: kBadClass, naming class and column.
Result<void> check_class(const ClassDefinition& definition);

// Whether rows of `before` are rows of `after`: the same columns, perhaps with more behind them.
bool extends(const InventoryClass& after, const InventoryClass& before);
bool extends(const ClassDefinition& after, const ClassDefinition& before);

// A value. A class that it hands out lives as long as it or a copy of it.
class Schema {
 public:
  // The program's classes alone.
  Schema() = default;
  // Beside them those of `definitions`. Error: kBadClass, also for a name that stands twice or is
  // a class of the program.
  static Result<Schema> with(std::span<const ClassDefinition> definitions);

  // Null for a class that it does not have.
  const InventoryClass* find(std::string_view name) const;
  // The program's own in their order, then the others by name.
  std::vector<const InventoryClass*> classes() const;
  std::vector<const InventoryClass*> defined() const;

  // The same classes; those that `other` has in the same form are the very ones of `other`.
  Schema sharing(const Schema& other) const;

 private:
  struct Defined;
  std::vector<std::shared_ptr<const Defined>> defined_;  // by name
};

}  // namespace muster::model
