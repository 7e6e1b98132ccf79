// Rows of one class, each said by the names of its columns.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "model/inventory.h"

namespace muster::simulator {

class NamedRows {
 public:
  // Of a class of the program.
  explicit NamedRows(std::string_view type) : rows_{model::find_inventory_class(type), {}} {}
  // Columns that are not named are absent.
  void add(std::initializer_list<std::pair<std::string_view, model::Value>> values) {
    model::Row row(rows_.type->columns.size());
    for (const auto& [column, value] : values) row[*rows_.type->column(column)] = value;
    rows_.rows.push_back(std::move(row));
  }
  model::ClassRows take() { return std::move(rows_); }

 private:
  model::ClassRows rows_;
};

}  // namespace muster::simulator
