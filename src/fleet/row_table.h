// The distinct rows of one class: those that agree in their Shared columns are kept once, as
// numbers of values, with the devices that have them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fleet/hash_index.h"
#include "fleet/instances.h"
#include "fleet/pages.h"
#include "fleet/shared_array.h"
#include "fleet/value_column.h"
#include "model/inventory.h"
#include "model/query/condition.h"

namespace muster::fleet {

using RowSet = NumberSet;

class RowTable {
 public:
  explicit RowTable(const model::InventoryClass& type);

  const model::InventoryClass& type() const { return *type_; }
  // The class has become `type`: the same columns, and more behind them, which all rows lack.
  void widen(const model::InventoryClass& type);
  // The Unique and the Volatile columns.
  const std::vector<std::size_t>& own_columns() const { return own_columns_; }

  // The instance counts until it is released. `is_new`: no device had the row.
  Instance acquire(const model::Row& row, bool& is_new);
  // Whether no device has the row any more; its number may be another row's then.
  bool release(RowNumber row);
  // Where the next instance with the row's Identity is.
  std::optional<std::size_t> find(InstanceFinder& instances, const model::Row& row) const;
  void take_volatile(Instance& instance, const model::Row& row) const;
  model::Row whole(const Instance& instance) const;

  // Numbers are below slots(); a free slot has no instances.
  std::size_t slots() const { return slots_; }
  std::uint64_t instances(RowNumber row) const { return slot(row).instances; }
  // Those that have the row, as the caller says.
  const NumberSet& devices(RowNumber row) const { return slot(row).devices; }
  void add_device(RowNumber row, Number device) { edit_slot(row).devices.insert(device); }
  void remove_device(RowNumber row, Number device) { edit_slot(row).devices.erase(device); }
  // Those that have a row at all, as the caller says.
  const NumberSet& devices() const { return devices_; }
  void set_has_rows(Number device, bool has_rows) {
    if (has_rows)
      devices_.insert(device);
    else
      devices_.erase(device);
  }

  // Of a Shared column, as an index of the class's columns.
  const model::Value& value(RowNumber row, std::size_t column) const {
    return columns_[places_[column]].value(value_number(row, column));
  }
  ValueNumber value_number(RowNumber row, std::size_t column) const {
    return pages_[row / kPageRows]->values[row % kPageRows * columns_.size() + places_[column]];
  }
  std::size_t value_slots(std::size_t column) const { return columns_[places_[column]].slots(); }

  // By whose texts rows are found: the first Shared column of texts, where the class has one.
  std::optional<std::size_t> name_column() const { return name_column_; }
  // The rows with that text there; absent is empty.
  std::vector<RowNumber> named(std::string_view text) const;

  void save(SnapshotWriter& writer) const;
  static RowTable load(const model::InventoryClass& type, SnapshotReader& reader);

  std::uint64_t distinct_rows() const { return distinct_rows_; }
  std::uint64_t all_instances() const { return all_instances_; }

 private:
  static constexpr std::size_t kPageRows = 128;
  struct Slot {
    NumberSet devices{};
    std::uint64_t instances = 0;
  };
  struct Page {
    std::array<Slot, kPageRows> slots;
    SharedArray<ValueNumber> values;  // row by row, as columns_ stand
  };

  const Slot& slot(RowNumber row) const { return pages_[row / kPageRows]->slots[row % kPageRows]; }
  Slot& edit_slot(RowNumber row) { return pages_[row / kPageRows].edit().slots[row % kPageRows]; }
  void take_shape(const model::InventoryClass& type);
  std::uint64_t hash_of_row(const model::Row& row) const;
  std::uint64_t hash_of_row(RowNumber row) const;
  bool is_row(RowNumber number, const model::Row& row) const;
  std::optional<RowNumber> find_row(std::uint64_t hash, const model::Row& row) const;
  RowNumber add_row(std::uint64_t hash, const model::Row& row);
  // That it can be found from now on, by all that finds rows.
  void enter(std::uint64_t hash, RowNumber number);
  void add_page();

  const model::InventoryClass* type_ = nullptr;
  std::vector<std::size_t> own_columns_;
  std::vector<std::size_t> shared_columns_;  // as columns_ stand
  std::vector<std::size_t> places_;          // in columns_, by the class's columns
  std::optional<std::size_t> name_column_;

  std::vector<ValueColumn> columns_;
  std::vector<Shared<Page>> pages_;
  std::size_t slots_ = 0;
  NumberSet devices_;
  std::vector<RowNumber> free_;
  HashIndex numbers_;
  Pages<RowSet, 64> named_;  // by the number of the name
  std::uint64_t distinct_rows_ = 0;
  std::uint64_t all_instances_ = 0;
};

// The tables of all classes, by their places. Copies share what does not change.
class RowTables {
 public:
  std::size_t size() const { return tables_.size(); }
  const RowTable& operator[](std::size_t place) const { return *tables_[place]; }
  RowTable& edit(std::size_t place) { return tables_[place].edit(); }
  void add(RowTable table) { tables_.emplace_back(std::move(table)); }

 private:
  std::vector<Shared<RowTable>> tables_;
};

}  // namespace muster::fleet
