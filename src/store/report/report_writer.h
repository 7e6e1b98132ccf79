// Rows for one table of the export, gathered and written with few statements.
#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "store/database.h"
#include "store/row_chunks.h"

namespace muster::store {

class ReportWriter {
 public:
  // `ending` follows the values: "ON CONFLICT (id) DO NOTHING".
  ReportWriter(std::string table, std::vector<std::string> columns, std::string ending)
      : table_(std::move(table)), columns_(std::move(columns)), ending_(std::move(ending)) {}

  void add(std::vector<Value> row) {
    MUSTER_CHECK(row.size() == columns_.size());
    for (Value& value : row) values_.push_back(std::move(value));
  }

  Result<void> flush(Transaction& transaction) {
    const std::size_t width = columns_.size();
    return in_chunks(values_.size() / width, [&](std::size_t first, std::size_t size) {
      return write(transaction, first * width, size);
    });
  }

 private:
  Result<void> write(Transaction& transaction, std::size_t first, std::size_t rows) {
    const std::size_t width = columns_.size();
    std::vector<Param> params;
    params.reserve(rows * width);
    for (std::size_t i = 0; i < rows * width; ++i) params.push_back(param_of(values_[first + i]));
    TRY(transaction.run(
        fmt::format("INSERT INTO {} ({}) VALUES {} {}", table_, fmt::join(columns_, ", "),
                    placeholder_rows(rows, width), ending_),
        Params(params)));
    return {};
  }

  std::string table_;
  std::vector<std::string> columns_;
  std::string ending_;
  std::vector<Value> values_;
};

}  // namespace muster::store
