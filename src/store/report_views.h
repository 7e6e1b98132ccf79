// The views that reports and BI tools read, with the names that administrators know.
#pragma once

#include "store/database.h"

namespace muster::store {

// Makes them, or brings them to their present form. By the database's owner, on PostgreSQL: a tool
// that reads a file beside the running site would hold it up. They are views of the tables, so they
// are current and cost nothing while nobody asks.
Result<void> make_report_views(Database& database);

}  // namespace muster::store
