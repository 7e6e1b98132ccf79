// The distinct rows of one class: those that agree in their Shared columns are kept once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/number_set.h"
#include "fleet/packed_rows.h"
#include "model/inventory.h"

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
  bool release(const Instance& instance);
  // Where the next instance with the row's Identity is.
  std::optional<std::size_t> find(InstanceFinder& instances, const model::Row& row) const;
  void take_volatile(Instance& instance, const model::Row& row) const;
  model::Row whole(const Instance& instance) const;
  // Sets those of own_columns() in `row`.
  void read_own(const Instance& instance, model::Row& row) const;

  // Numbers are below slots(); a free slot has no instances.
  std::size_t slots() const { return slots_.size(); }
  std::uint64_t instances(RowNumber row) const { return slots_[row].instances; }
  // Those that have the row, as the caller says.
  const NumberSet& devices(RowNumber row) const { return slots_[row].devices; }
  void add_device(RowNumber row, Number device) { slots_[row].devices.insert(device); }
  void remove_device(RowNumber row, Number device) { slots_[row].devices.erase(device); }
  // One value per column of the class; those of own columns are absent.
  const model::Row& shared(RowNumber row) const { return slots_[row].shared; }

  // By whose texts rows are found: the first Shared column of texts, where the class has one.
  std::optional<std::size_t> name_column() const { return name_column_; }
  // The rows with that text there; absent is empty.
  const RowSet& named(std::string_view text) const;

  std::uint64_t distinct_rows() const { return numbers_.size(); }
  std::uint64_t all_instances() const { return all_instances_; }

 private:
  struct Slot {
    model::Row shared;
    std::uint64_t instances = 0;
    NumberSet devices{};
    const Bytes* key = nullptr;  // in numbers_
  };

  const model::InventoryClass* type_;
  std::vector<std::size_t> own_columns_;
  std::optional<std::size_t> name_column_;
  std::map<std::string, RowSet, std::less<>> named_;
  // Ordered, since rows come from clients: nobody can choose texts that make a look-up slow.
  std::map<Bytes, RowNumber> numbers_;
  std::vector<Slot> slots_;
  std::vector<RowNumber> free_;
  std::uint64_t all_instances_ = 0;
};

}  // namespace muster::fleet
