#include "roles/site_server/client_facts.h"

#include <algorithm>

#include "base/check.h"

namespace muster::site_server {
namespace {

const model::InventoryClass& client_class() {
  static const model::InventoryClass* type = model::find_inventory_class("Client");
  MUSTER_CHECK(type != nullptr);
  return *type;
}

model::Value value(const std::optional<Timestamp>& time) {
  if (!time) return {};
  return time->ms;
}

}  // namespace

model::ClassRows client_rows(const ClientFacts& facts) {
  const model::InventoryClass& type = client_class();
  model::Row row(type.columns.size());
  row[*type.column("Enrolled")] = facts.enrolled.ms;
  row[*type.column("LastSeen")] = value(facts.last_seen);
  row[*type.column("LastInventory")] = value(facts.last_inventory);
  return {&type, {std::move(row)}};
}

model::ClassRows client_rows(const store::Device& device) {
  return client_rows({device.enrolled, device.last_seen, device.inventory_at});
}

fleet::DeviceChange change_by(const MessageContext& context, Brings brings, fleet::Extent extent) {
  const store::Device& device = context.device;
  // Out of quarantine a message may come behind later ones.
  const auto latest = [&](const std::optional<Timestamp>& known) {
    return known ? std::max(*known, context.received) : context.received;
  };
  const ClientFacts facts{device.enrolled, latest(device.last_seen),
                          brings == Brings::Inventory ? context.received : device.inventory_at};
  fleet::DeviceChange change;
  change.device = device.number;
  change.schema = context.schema;
  change.extent = extent;
  (extent == fleet::Extent::Full ? change.added : change.updated).push_back(client_rows(facts));
  return change;
}

void note_seen(const MessageContext& context, InboxEffects& effects) {
  effects.changes.push_back({change_by(context, Brings::NoInventory, fleet::Extent::Delta),
                             context.received, context.replayed});
}

}  // namespace muster::site_server
