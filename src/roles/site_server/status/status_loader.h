// Status messages into the database: the history, and each deployment's current state.
#pragma once

#include "roles/site_server/message.h"

namespace muster::site_server {

// The report's own JSON is kept as the message's detail.
Result<void> load_status_report(store::Transaction& transaction, const MessageContext& context,
                                ByteView body, InboxEffects& effects);

}  // namespace muster::site_server
