// Messages as they leave the client: what an inventory says, and any message packed and signed.
#pragma once

#include "contract/envelope.h"
#include "contract/inventory_report.h"
#include "roles/client/enrolment/identity.h"
#include "roles/client/inventory/report_builder.h"

namespace muster::client {

// `decided` is a delta or full. `resync`: the number of the policy header that was followed last.
contract::InventoryReport inventory_message(InventoryReport decided, Timestamp collected,
                                            std::uint64_t resync);

// Whether its rows are in each heartbeat.
bool has_volatile_columns(const model::InventoryClass& type);
// `inventory`: the digest that the site has, or will have. Too many rows are left out whole.
contract::Heartbeat heartbeat_message(Timestamp now, std::string host_name,
                                      const model::RowSetDigest& inventory,
                                      std::vector<model::ClassRows> volatile_rows);

struct OutgoingMessage {
  contract::MessageType type = contract::MessageType::Heartbeat;
  std::uint64_t sequence = 0;
  ByteView body{};  // not packed
};
// The signer's names and key.
struct MessageSender {
  const model::DeviceId& device;
  const trust::EcdsaKey& key;
  const Bytes& certificate_sha256;
  const Bytes& stream;
};
// The envelope as it is sent.
Bytes sign_message(const OutgoingMessage& message, const MessageSender& sender, Timestamp now);

}  // namespace muster::client
