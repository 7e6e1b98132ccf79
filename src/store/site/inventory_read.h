// From row ids back to rows. Internal to the inventory functions.
#pragma once

#include <unordered_map>

#include "store/site/inventory.h"
#include "store/site/row_table.h"

namespace muster::store {

// Reads shared rows by id and keeps those it has read.
class RowResolver {
 public:
  RowResolver(Reader& reader, const ClassTable& classes) : reader_(&reader), classes_(&classes) {}

  // In the order given; entries of classes that this program does not know are left out.
  // Error: kUnexpectedValue when a row is missing.
  Result<std::vector<InventoryRow>> rows(const std::vector<RowEntry>& entries);

 private:
  Result<const model::Row*> shared(const RowEntry& entry, const model::InventoryClass& type);

  Reader* reader_;
  const ClassTable* classes_;
  std::unordered_map<RowId, model::Row> known_;
};

// The entry's Unique and Volatile columns in a row whose other columns are absent.
Result<model::Row> decode_own(const model::InventoryClass& type, const RowEntry& entry);

}  // namespace muster::store
