// Rows as text, so that a test can say what it expects in one line.
#pragma once

#include <string>
#include <vector>

#include "roles/client/inventory/collectors.h"

namespace muster::client {

// "Name=eth0 MTU=1500": the columns that are not absent, in the class's order.
inline std::string row_text(std::string_view class_name, const model::Row& row) {
  const model::InventoryClass* type = model::find_inventory_class(class_name);
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (std::holds_alternative<std::monostate>(row[i])) continue;
    if (!out.empty()) out += ' ';
    out += std::string(type->columns[i].name) + "=";
    if (const auto* number = std::get_if<std::int64_t>(&row[i])) out += std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&row[i])) out += *text;
    if (const auto* version = std::get_if<model::Version>(&row[i])) out += version->text;
  }
  return out;
}

inline std::vector<std::string> row_texts(std::string_view class_name,
                                          const Result<Collected>& collected) {
  std::vector<std::string> out;
  if (!collected) return {collected.error().text()};
  for (const model::Row& row : collected->rows) {
    const auto checked = check_row(*model::find_inventory_class(class_name), row);
    out.push_back(checked ? row_text(class_name, row) : checked.error().text());
  }
  return out;
}

}  // namespace muster::client
