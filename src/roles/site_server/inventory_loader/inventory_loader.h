// Inventory and heartbeat messages into the database, and what they mean for the fleet index.
#pragma once

#include "roles/site_server/message.h"

namespace muster::site_server {

// A delta against other rows than the site has makes the site ask for a full inventory.
Result<void> load_inventory_report(store::Transaction& transaction, const MessageContext& context,
                                   ByteView body, InboxEffects& effects);

// Heartbeat discovery: the device lives, under this name; an inventory that differs from the
// site's is asked for.
Result<void> load_heartbeat(store::Transaction& transaction, const MessageContext& context,
                            ByteView body, InboxEffects& effects);

}  // namespace muster::site_server
