// What every loader is told about the message that it takes.
#pragma once

#include "contract/envelope.h"
#include "store/database.h"
#include "store/site/devices.h"

namespace muster::site_server {

struct MessageContext {
  const store::Device& device;
  const contract::EnvelopeHeader& header;
  Timestamp received;
};

// Moves the sender's stream; false when the message was taken before. A loader's first write.
Result<bool> is_new(store::Transaction& transaction, const MessageContext& context);

}  // namespace muster::site_server
