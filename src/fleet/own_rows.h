// The rows of one class whose values are a device's own (names, addresses, free space), of some
// devices, column by column: what a query asks of such values is asked of one array.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "fleet/instances.h"
#include "fleet/row_table.h"
#include "fleet/shared_array.h"

namespace muster::fleet {

// Sorted by device, then as Instances are. The table that each call takes is that of the class. A
// copy shares its memory until it is changed.
class OwnRows {
 public:
  std::size_t size() const { return rows_.size(); }
  std::uint8_t device(std::size_t i) const { return devices_[i]; }
  RowNumber row(std::size_t i) const { return rows_[i]; }
  // The places of a device's rows, the first and one behind the last.
  std::pair<std::size_t, std::size_t> range(std::uint8_t device) const;

  // Puts the list, sorted, where the device's rows stood.
  void replace(const RowTable& table, std::uint8_t device, const Instances& list);
  void remove(std::uint8_t device);
  Instances list(const RowTable& table, std::uint8_t device) const;
  // The most that the own values of a device's list may take: places in texts have 32 bits.
  static constexpr std::size_t kMostOwnBytes = std::size_t{4} << 20;

  // Sets the table's own columns in a row of the class.
  void read(const RowTable& table, std::size_t i, model::Row& row) const;
  model::Value value(const RowTable& table, std::size_t i, std::size_t own_column) const;

  void save(SnapshotWriter& writer) const;
  static OwnRows load(const RowTable& table, SnapshotReader& reader);

  // Of an own column of numbers, by its place among the table's: the value, or absent.
  bool is_absent(std::size_t own_column, std::size_t i) const {
    return columns_[own_column].absent[i] != 0;
  }
  std::int64_t number(std::size_t own_column, std::size_t i) const {
    return columns_[own_column].numbers[i];
  }

 private:
  struct Column {
    SharedArray<std::uint8_t> absent;
    SharedArray<std::int64_t> numbers;
    SharedArray<std::uint32_t> ends;  // of the texts, in `texts`; a version begins with its scheme
    SharedArray<char> texts;
  };
  // Puts values of texts or of numbers where those of the rows from `first` on stood.
  static void put_texts(Column& column, std::size_t first, std::size_t count,
                        const std::vector<model::Value>& values);
  static void put_numbers(Column& column, std::size_t first, std::size_t count,
                          const std::vector<model::Value>& values);

  SharedArray<std::uint8_t> devices_;
  SharedArray<RowNumber> rows_;
  std::vector<Column> columns_;  // as the table's own columns stand
};

}  // namespace muster::fleet
