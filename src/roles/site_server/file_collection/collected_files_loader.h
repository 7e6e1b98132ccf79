// Copies of files that clients send: what an operator asked for is stored, within the limits of a
// device, and nothing else.
#pragma once

#include "hosting/site.h"
#include "roles/site_server/message.h"

namespace muster::site_server {

Result<void> load_collected_files(const hosting::Site& site, store::Transaction& transaction,
                                  const MessageContext& context, ByteView body,
                                  InboxEffects& effects);

}  // namespace muster::site_server
