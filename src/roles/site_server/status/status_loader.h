// Status messages into the database: the history, and each deployment's current state.
#pragma once

#include "contract/status_report.h"
#include "roles/site_server/inbox/message_context.h"

namespace muster::site_server {

// `body` is the report's own JSON, kept as the message's detail.
Result<void> load_status_report(store::Transaction& transaction, const MessageContext& context,
                                const contract::StatusReport& report, ByteView body);

}  // namespace muster::site_server
