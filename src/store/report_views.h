// The views that reports and BI tools read, with the names that administrators know.
#pragma once

#include "store/database.h"

namespace muster::store {

// Makes those that look at the site's own tables, or brings them to their present form. By the
// database's owner, on PostgreSQL: a tool that reads a file beside the running site would hold it
// up. They are current and cost nothing while nobody asks.
Result<void> make_report_views(Database& database);

// Those of packages and deployments, which look at the export's tables (report/).
Result<void> make_object_report_views(Transaction& transaction);

}  // namespace muster::store
