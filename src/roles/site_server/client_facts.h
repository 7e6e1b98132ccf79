// What the site itself knows of a device's client, as the fleet index has it: the row of the class
// Client. The database keeps it with the device.
#pragma once

#include <optional>

#include "roles/site_server/message.h"

namespace muster::site_server {

struct ClientFacts {
  Timestamp enrolled{};
  std::optional<Timestamp> last_seen{};
  std::optional<Timestamp> last_inventory{};
};

model::ClassRows client_rows(const ClientFacts& facts);
model::ClassRows client_rows(const store::Device& device);

// A change of the device by the message: by itself that it was seen. An inventory message is one of
// the whole inventory or of a part of it; what a Full one brings is added by the caller.
enum class Brings { NoInventory, Inventory };
fleet::DeviceChange change_by(const MessageContext& context, Brings brings, fleet::Extent extent);

// Of a message that says nothing for the index besides that its sender lives.
void note_seen(const MessageContext& context, InboxEffects& effects);

}  // namespace muster::site_server
