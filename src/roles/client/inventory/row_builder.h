// Fills a row of an inventory class by the names of its columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/inventory.h"
#include "roles/client/inventory/collectors.h"

namespace muster::client {

class RowBuilder {
 public:
  // The class and column names are ours: an unknown one stops the process.
  explicit RowBuilder(std::string_view class_name);

  // Cleaned for the model (printable UTF-8, bounded, trimmed); nothing where that leaves nothing.
  RowBuilder& text(std::string_view column, std::string_view value);
  RowBuilder& number(std::string_view column, std::optional<std::int64_t> value);
  RowBuilder& version(std::string_view column, model::VersionScheme scheme, std::string_view value);

  model::Row take() && { return std::move(row_); }

 private:
  model::Value& at(std::string_view column);
  const model::InventoryClass* type_;
  model::Row row_;
};

// Reads a one-line fact; a denial becomes a note, an absence nothing.
std::optional<std::string> read_fact(const Source& source, std::string_view path,
                                     std::string_view fact, Collected& out);
std::optional<std::string> read_fact(const Source& source, std::string_view path);

}  // namespace muster::client
