// Takes what fallback status points hand on: kept for operators to read, and nothing else. It never
// makes or changes a device, a state or a policy.
#pragma once

#include "hosting/inbox_record.h"
#include "hosting/site.h"
#include "store/database.h"

namespace muster::site_server {

Result<void> load_fallback_message(const hosting::Site& site, store::Transaction& transaction,
                                   const hosting::InboxRecord& record);

}  // namespace muster::site_server
