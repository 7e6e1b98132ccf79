#include "store/site/policy.h"

namespace muster::store {
namespace {

Result<PolicyHeader> decode_header(Rows& rows) {
  return PolicyHeader{static_cast<DeviceNumber>(TRY(rows.integer(0))),
                      TRY(rows.integer(1)),
                      TRY(rows.integer(2)),
                      TRY(rows.blob(3)),
                      TRY(rows.time(4)),
                      TRY(rows.time(5)),
                      TRY(rows.blob(6))};
}

}  // namespace

Result<void> add_policy_body(Transaction& transaction, const PolicyBody& body, Timestamp now) {
  TRY(
      transaction.run("INSERT INTO policy_body (hash, kind, object, document, created) "
                      "VALUES ($1, $2, $3, $4, $5) "
                      "ON CONFLICT (hash) DO UPDATE SET created = excluded.created",
                      {blob(body.hash), body.kind, body.object.text(), blob(body.document), now}));
  return {};
}

Result<std::optional<PolicyBody>> newest_policy_body(Reader& reader,
                                                     const model::ObjectId& object) {
  return reader.first(
      "SELECT hash, kind, object, document FROM policy_body WHERE object = $1 "
      "ORDER BY created DESC, hash LIMIT 1",
      {object.text()}, [](Rows& rows) -> Result<PolicyBody> {
        return PolicyBody{TRY(rows.blob(0)), TRY(rows.text(1)),
                          TRY(model::ObjectId::parse(TRY(rows.text_view(2)))), TRY(rows.blob(3))};
      });
}

Result<std::vector<Bytes>> remove_superseded_policy_bodies(Transaction& transaction,
                                                           Timestamp moment) {
  return transaction.all(
      "DELETE FROM policy_body WHERE EXISTS (SELECT 1 FROM policy_body AS later "
      "WHERE later.object = policy_body.object AND later.created > policy_body.created "
      "AND later.created < $1) OR EXISTS (SELECT 1 FROM object AS o "
      "WHERE o.id = policy_body.object AND o.deleted < $1) RETURNING hash",
      {moment}, [](Rows& rows) { return rows.blob(0); });
}

Result<void> put_policy_header(Transaction& transaction, const PolicyHeader& header) {
  // Clients refuse a header that is not newer, so writing one would lock them out.
  const std::int64_t changed = TRY(transaction.run(
      "INSERT INTO policy_header "
      "(device, epoch, version, content_hash, issued, expires, document) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device) DO UPDATE SET "
      "epoch = excluded.epoch, version = excluded.version, "
      "content_hash = excluded.content_hash, issued = excluded.issued, "
      "expires = excluded.expires, document = excluded.document "
      "WHERE policy_header.epoch < excluded.epoch OR "
      "(policy_header.epoch = excluded.epoch AND policy_header.version < excluded.version)",
      {header.device, header.epoch, header.version, blob(header.content_hash), header.issued,
       header.expires, blob(header.document)}));
  if (changed == 0)
    return fail(kConflict, "policy header {}.{} of device number {} is not newer", header.epoch,
                header.version, header.device);
  return {};
}

Result<std::optional<PolicyHeader>> find_policy_header(Reader& reader, DeviceNumber device) {
  return reader.first(
      "SELECT device, epoch, version, content_hash, issued, expires, document "
      "FROM policy_header WHERE device = $1",
      {device}, decode_header);
}

Result<std::vector<DeviceNumber>> expiring_policy_headers(Reader& reader, Timestamp moment,
                                                          std::int64_t limit) {
  return reader.all(
      "SELECT device FROM policy_header WHERE expires < $1 ORDER BY expires, device LIMIT $2",
      {moment, limit}, [](Rows& rows) -> Result<DeviceNumber> {
        return static_cast<DeviceNumber>(TRY(rows.integer(0)));
      });
}

Result<void> note_contact(Transaction& transaction, const ClientContact& contact) {
  TRY(
      transaction.run("INSERT INTO client_contact (device, kind, at, detail) "
                      "VALUES ($1, $2, $3, $4) ON CONFLICT (device, kind) DO UPDATE SET "
                      "at = excluded.at, detail = excluded.detail "
                      "WHERE client_contact.at <= excluded.at",
                      {contact.device, contact.kind, contact.at, contact.detail}));
  return {};
}

Result<std::vector<ClientContact>> contacts_of(Reader& reader, DeviceNumber device) {
  return reader.all(
      "SELECT device, kind, at, detail FROM client_contact WHERE device = $1 ORDER BY kind",
      {device}, [](Rows& rows) -> Result<ClientContact> {
        return ClientContact{static_cast<DeviceNumber>(TRY(rows.integer(0))), TRY(rows.text(1)),
                             TRY(rows.time(2)), TRY(rows.text(3))};
      });
}

}  // namespace muster::store
