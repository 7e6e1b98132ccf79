#include "roles/site_server/inventory_loader/inventory_loader.h"

#include "base/log.h"
#include "base/utf8.h"
#include "contract/document_errors.h"
#include "contract/inventory_report.h"
#include "roles/site_server/client_facts.h"
#include "store/errors.h"
#include "store/site/inventory.h"

namespace muster::site_server {
namespace {

Result<void> ask_for_full(store::Transaction& transaction, const MessageContext& context,
                          std::string_view why, InboxEffects& effects) {
  TRY(store::demand_resync(transaction, context.device.number));
  effects.new_policy.push_back(context.device.number);
  log::info("inventory.resync", "a full inventory is asked for",
            {{"device", context.device.id.text()}, {"why", why}});
  return {};
}

std::string_view name_of(const contract::InventoryReport& report) {
  for (const model::ClassRows& rows : report.rows) {
    if (rows.type->name != "Device" || rows.rows.empty()) continue;
    const auto column = rows.type->column("Name");
    if (const auto* name = std::get_if<std::string>(&rows.rows[0][*column])) return *name;
  }
  return {};
}

// A client that has not heard yet that a class is gone is asked for what it has without it.
Result<void> refuse_or_ask(store::Transaction& transaction, const MessageContext& context,
                           ByteView body, const Error& error, InboxEffects& effects) {
  if (!error.is(contract::kUnknownClass)) return fail(error);
  for (const std::string& name : contract::reported_classes(body))
    if (context.schema.find(name) == nullptr && !TRY(store::was_inventory_class(transaction, name)))
      return fail(error);
  if (!TRY(is_new(transaction, context))) return {};
  return ask_for_full(transaction, context, error.text(), effects);
}

Result<void> rename(store::Transaction& transaction, const MessageContext& context,
                    std::string_view name) {
  if (name.empty() || name == context.device.name || has_control_characters(name)) return {};
  return store::rename_device(transaction, context.device.number, name);
}

}  // namespace

Result<void> load_inventory_report(store::Transaction& transaction, const MessageContext& context,
                                   ByteView body, InboxEffects& effects) {
  auto decoded = contract::decode_inventory_report(body, context.schema);
  if (!decoded) return refuse_or_ask(transaction, context, body, decoded.error(), effects);
  contract::InventoryReport& report = *decoded;
  if (!TRY(is_new(transaction, context))) return {};
  const store::DeviceNumber number = context.device.number;
  TRY(store::touch_device(transaction, number, context.device.client_version, context.received));
  const bool is_full = report.kind == contract::InventoryReport::Kind::Full;
  fleet::DeviceChange change =
      change_by(context, Brings::Inventory, is_full ? fleet::Extent::Full : fleet::Extent::Delta);
  if (is_full) {
    TRY(store::apply_full(transaction, context.known, context.schema, number, report.rows,
                          context.received));
  } else {
    const auto applied =
        store::apply_delta(transaction, context.known, context.schema, number, report.base.text(),
                           report.removed, report.rows, context.received);
    if (!applied && applied.error().is(store::kDigestMismatch)) {
      note_seen(context, effects);
      return ask_for_full(transaction, context, applied.error().text(), effects);
    }
    if (!applied) return fail(applied.error());
    const bool is_empty = report.removed.empty() && report.rows.empty();
    if (applied->sequence == 0 && !is_empty) {  // applied before
      note_seen(context, effects);
      return {};
    }
    if (applied->digest != report.digest.text())
      TRY(ask_for_full(transaction, context, "the delta led to other rows than it says", effects));
    change.removed = std::move(report.removed);
  }
  TRY(rename(transaction, context, name_of(report)));
  change.added.insert(change.added.end(), std::make_move_iterator(report.rows.begin()),
                      std::make_move_iterator(report.rows.end()));
  effects.changes.push_back({std::move(change), context.received, context.replayed});
  return {};
}

Result<void> load_heartbeat(store::Transaction& transaction, const MessageContext& context,
                            ByteView body, InboxEffects& effects) {
  const auto decoded = contract::decode_heartbeat(body, context.schema);
  if (!decoded) return refuse_or_ask(transaction, context, body, decoded.error(), effects);
  const contract::Heartbeat& heartbeat = *decoded;
  if (!TRY(is_new(transaction, context))) return {};
  TRY(store::touch_device(transaction, context.device.number, heartbeat.client_version,
                          context.received));
  TRY(rename(transaction, context, heartbeat.name));
  const bool differs = context.device.inventory_digest &&
                       *context.device.inventory_digest != heartbeat.inventory.text();
  fleet::DeviceChange change = change_by(context, Brings::NoInventory, fleet::Extent::Delta);
  if (!differs && !heartbeat.volatile_rows.empty() && context.device.inventory_digest) {
    TRY(store::apply_volatile(transaction, context.known, context.schema, context.device.number,
                              heartbeat.volatile_rows, context.received));
    change.updated.insert(change.updated.end(), heartbeat.volatile_rows.begin(),
                          heartbeat.volatile_rows.end());
  }
  effects.changes.push_back({std::move(change), context.received, context.replayed});
  if (!differs) return {};
  return ask_for_full(transaction, context, "the heartbeat names another inventory", effects);
}

}  // namespace muster::site_server
