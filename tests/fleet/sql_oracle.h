// The same questions to SQLite over the same facts: an independent answer.
#pragma once

#include <sqlite3.h>

#include <string>
#include <vector>

#include "fleet/fleet.h"

namespace muster::fleet::samples {

class SqlOracle {
 public:
  SqlOracle();
  ~SqlOracle();
  SqlOracle(const SqlOracle&) = delete;
  SqlOracle& operator=(const SqlOracle&) = delete;

  void insert(const std::string& device_name, const std::vector<model::ClassRows>& rows);
  // Rows as text, one line each, in the order of the answer.
  std::vector<std::string> ask(const std::string& sql) const;

 private:
  void execute(const std::string& sql) const;
  sqlite3* database_ = nullptr;
};

std::string sql_of(const model::Query& query, Timestamp now);

// A table as SqlOracle::ask prints its own.
std::vector<std::string> lines_of(const model::Table& table);

}  // namespace muster::fleet::samples
