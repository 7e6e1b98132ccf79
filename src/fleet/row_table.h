// The distinct rows of one class: those that agree in their Shared columns are kept once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "fleet/number_set.h"
#include "model/inventory.h"

namespace muster::fleet {

using RowNumber = Number;
using RowSet = NumberSet;

// One row of a device: the distinct row, and the values of the table's own_columns(), those that
// came to the class later perhaps missing.
struct Instance {
  RowNumber row;
  std::vector<model::Value> own;
};

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
  // Where in `instances` the first with the row's Identity is.
  std::optional<std::size_t> find(const std::vector<Instance>& instances,
                                  const model::Row& row) const;
  void take_volatile(Instance& instance, const model::Row& row) const;
  model::Row whole(const Instance& instance) const;
  // The value of own_columns()[k].
  const model::Value& own_value(const Instance& instance, std::size_t k) const;

  // Numbers are below slots(); a free slot has no instances.
  std::size_t slots() const { return slots_.size(); }
  std::uint64_t instances(RowNumber row) const { return slots_[row].instances; }
  // Those that have the row, as the caller says.
  const NumberSet& devices(RowNumber row) const { return slots_[row].devices; }
  void add_device(RowNumber row, Number device) { slots_[row].devices.insert(device); }
  void remove_device(RowNumber row, Number device) { slots_[row].devices.erase(device); }
  // One value per column of the class; those of own columns are absent.
  const model::Row& shared(RowNumber row) const { return slots_[row].shared; }

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
  // Ordered, since rows come from clients: nobody can choose texts that make a look-up slow.
  std::map<Bytes, RowNumber> numbers_;
  std::vector<Slot> slots_;
  std::vector<RowNumber> free_;
  std::uint64_t all_instances_ = 0;
};

}  // namespace muster::fleet
