#include "roles/client/status/outgoing.h"

#include "base/sha256.h"
#include "base/version.h"
#include "trust/envelope_signature.h"
#include "wire/zstd.h"

namespace muster::client {

contract::InventoryReport inventory_message(InventoryReport decided, Timestamp collected,
                                            std::uint64_t resync) {
  contract::InventoryReport report;
  report.kind = decided.kind == ReportKind::Full ? contract::InventoryReport::Kind::Full
                                                 : contract::InventoryReport::Kind::Delta;
  report.collected = collected;
  report.resync = resync;
  report.base = decided.base;
  report.digest = decided.current;
  report.rows = std::move(decided.added);
  report.removed = std::move(decided.removed);
  return report;
}

bool has_volatile_columns(const model::InventoryClass& type) {
  for (const model::Column& column : type.columns)
    if (column.kind == model::ColumnKind::Volatile) return true;
  return false;
}

contract::Heartbeat heartbeat_message(Timestamp now, std::string host_name,
                                      const model::RowSetDigest& inventory,
                                      std::vector<model::ClassRows> volatile_rows) {
  contract::Heartbeat heartbeat;
  heartbeat.sent = now;
  heartbeat.name = std::move(host_name);
  heartbeat.client_version = kVersion;
  heartbeat.inventory = inventory;
  heartbeat.volatile_rows = std::move(volatile_rows);
  std::size_t rows = 0;
  for (const model::ClassRows& of_class : heartbeat.volatile_rows) rows += of_class.rows.size();
  if (rows > contract::kMostVolatileRows) heartbeat.volatile_rows.clear();
  return heartbeat;
}

Bytes sign_message(const OutgoingMessage& message, const MessageSender& sender, Timestamp now) {
  const Bytes packed = wire::zstd_compress(message.body);
  const contract::EnvelopeHeader header{.sender = sender.device,
                                        .stream = sender.stream,
                                        .sequence = message.sequence,
                                        .type = message.type,
                                        .sent = now,
                                        .body_sha256 = sha256(packed),
                                        .body_encoding = contract::BodyEncoding::Zstd,
                                        .body_size = message.body.size(),
                                        .certificate_sha256 = sender.certificate_sha256};
  return trust::sign_envelope(header, packed, sender.key);
}

}  // namespace muster::client
