// Carries a whole site from one database into another, whatever their engines are.
#pragma once

#include <string>
#include <vector>

#include "store/database.h"

namespace muster::store {

struct MovedTable {
  std::string name;
  std::int64_t rows = 0;
};

struct SiteMove {
  std::vector<MovedTable> tables;
  // The other database held all of it already: a move before was through.
  bool was_through = false;
};

// The tables that site_migrations() makes, each after those that it refers to.
std::vector<std::string> site_tables();

// Both databases have the present schema. Copies every row in one transaction of the other database
// and compares, before it commits, count and checksum of each table with what was read. Errors:
// kDatabaseNotEmpty with the table, kMoveMismatch, those of the databases; then the other one is as
// it was.
Result<SiteMove> move_site(Database& from, Database& to);

}  // namespace muster::store
