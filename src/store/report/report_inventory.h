// What devices have and had, from the log of inventories into the export's tables.
#pragma once

#include "store/report/report_tables.h"

namespace muster::store {

struct ReportStep {
  std::int64_t entries = 0;
  bool more = false;  // there is more to do at once
};

// Takes the next entries of the log, or devices' states where the log does not reach back so far.
// Error: kReportsAstray, when the log and the export tell different stories.
Result<ReportStep> take_inventory_reports(Transaction& transaction);

// What no log names: Volatile values that heartbeats bring, for devices heard since `since` with a
// number greater than `after`, and devices that were deleted. Returns the last number looked at;
// nothing when all were.
Result<std::optional<std::int64_t>> sweep_inventory_reports(Transaction& transaction,
                                                            Timestamp since, std::int64_t after);

}  // namespace muster::store
